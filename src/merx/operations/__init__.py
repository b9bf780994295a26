"""What operators run: base data, demo, doctor, large catalogues."""
