"""Microsoft's catalogue in small: products, SKUs, availabilities, inventory and price sheets.

Everything is derived from tables, so that ids and prices are the same in every process.
`unit_price` is for the whole term, as reservations and software are paid at once.

Some reservations are there to be refused:

- out of stock, so that the inventory check restricts them: Standard_B2s in CH West (both terms),
  Standard_E4s_v5 in FR South (3 years), SQLDB_BC_Compute_Gen5 in QA Central (1 year);
- no longer sold (`isPurchasable` is false): Standard_NC6s_v3 in EU West (1 year);
- at most 10 at once: Standard_HB120rs_v3, everywhere.
"""
