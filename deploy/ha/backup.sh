#!/bin/sh
# A base backup of a standby, and all WAL since, streamed as it is written: restores to any moment.
# backup.sh base: once a day (cron). backup.sh wal: a service that always runs, under a slot of its own.
set -eu
: "${BACKUPS:=/var/backups/merx}" "${STANDBY:=host=127.0.0.1 port=5001 user=replicator}"
: "${PRIMARY:=host=127.0.0.1 port=5000 user=replicator}" "${KEEP_DAYS:=14}"
mkdir -p "$BACKUPS/base" "$BACKUPS/wal"
case "${1:-}" in
base)
    made="$BACKUPS/base/$(date -u +%Y%m%dT%H%M%SZ)"
    pg_basebackup --dbname="$STANDBY" --pgdata="$made.unfinished" --format=tar --gzip \
        --wal-method=stream --checkpoint=fast
    mv "$made.unfinished" "$made"
    find "$BACKUPS/base" -mindepth 1 -maxdepth 1 -mtime "+$KEEP_DAYS" -exec rm -r {} +
    find "$BACKUPS/wal" -type f -mtime "+$((KEEP_DAYS + 1))" -delete
    ;;
wal)
    pg_receivewal --dbname="$PRIMARY" --slot=merx_backup --create-slot --if-not-exists
    # Ends when the primary does; the service manager starts it again, at the next primary.
    exec pg_receivewal --dbname="$PRIMARY" --slot=merx_backup --directory="$BACKUPS/wal"
    ;;
*)
    echo "usage: backup.sh base|wal" >&2
    exit 2
    ;;
esac
