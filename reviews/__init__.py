"""Comments, decisions and the client's portal: what people say about a take, and what they sign."""
