"""Training with Lightning; nothing else imports it."""
