"""What a host's rules would be after commands that nobody gave yet."""
