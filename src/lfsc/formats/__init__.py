"""Codecs on disk: whatever a user may hold is read, and bundles and NeMo's archives are written."""
