"""Judges of audio: each is a fixed view of it and a learned judge of the view."""
