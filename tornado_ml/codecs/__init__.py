"""How a document is written as a frame: a codec for each subprotocol. What documents mean is not known here."""
