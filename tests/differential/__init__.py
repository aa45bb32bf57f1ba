"""What random edits make of the mirror, compared with what rsync makes of the same source."""
