"""Ordering: one set of views for both faces.

The storefront's buyers order for themselves and their customers, staff on behalf of an account.
Each blueprint declares the routes with its own policies, under the same endpoint names, and calls
these: addresses are asked for relative to the blueprint (`url_for(".get_order", …)`).
"""
