"""Discriminators: each is a fixed transform of audio and a network that scores it."""
