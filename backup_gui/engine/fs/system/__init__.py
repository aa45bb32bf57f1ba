"""The process and the computer: descriptors, system calls, users of sockets, the second process."""
