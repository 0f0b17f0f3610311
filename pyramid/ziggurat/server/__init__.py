"""The image server. Needs the extra ``server``: ``pip install ziggurat[server]``; docs/protocol.md says what it speaks."""
