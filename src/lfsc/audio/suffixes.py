"""How files of recordings end, wherever such files are looked for."""

SUFFIXES = (".wav", ".flac", ".ogg", ".opus", ".mp3", ".aiff", ".aif", ".au", ".w64", ".rf64", ".caf")
