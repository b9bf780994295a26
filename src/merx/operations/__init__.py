"""What operators run: base data, demo data, doctor, large catalogues, backups, moving in."""
