"""Row counts of the long lists, kept up to date by triggers."""
