"""What goes on between a client and the service, whichever connection carries it. No I/O.

`conversation` is the state: open requests, sessions, subscriptions; `outbox` what waits to be sent and what was;
`answers` the documents that are sent; `waiting_room` keeps conversations whose connection dropped.
"""
