"""The generator: modules that need nothing but torch."""
