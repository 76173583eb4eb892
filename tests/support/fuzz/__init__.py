"""Requests that nobody should send: made from the app's own routes, forms and links, by a seed."""
