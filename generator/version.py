"""The version of the whole project: programs, package and files say this one."""

VERSION = "0.1.0"
