"""Folders and files of Windows by their handles: the kernel's calls, and ``fs/folder.py`` put together from them."""
