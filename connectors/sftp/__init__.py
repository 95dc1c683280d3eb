"""A folder of an SFTP server."""
