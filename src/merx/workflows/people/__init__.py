"""Operations on customers, users and their log-ins."""
