"""What is kept of somebody, for whoever asks for it or wants it erased."""
