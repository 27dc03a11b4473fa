"""The line between a window and a worker on another machine: plain data in msgpack, no pickles."""
