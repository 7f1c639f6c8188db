"""Recordings on disk and spectra of them."""
