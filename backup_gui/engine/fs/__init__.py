"""Files and folders: one tree, bytes, metadata and the folders that are the program's own."""
