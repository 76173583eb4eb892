"""Who signs in, and what they look at the pages with."""

PASSWORD = "entrepot-demo"
ADMIN = "admin@entrepot.example"
SUPPORT = "support@entrepot.example"
RESELLER = "reseller@northwind.example"
BUYER = "buyer@aegean.example"
DIRECT = "owner@kalamata.example"

# Where each of them begins.
HOMES = {RESELLER: "/", BUYER: "/", DIRECT: "/", ADMIN: "/bss/", SUPPORT: "/bss/"}

DESKTOP = {"viewport": {"width": 1440, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
NO_SCRIPT = {"java_script_enabled": False}
KEYBOARD = {"by_keyboard": True}  # not the browser's: `page_of` sees to it
DARK = {"color_scheme": "dark"}
LOOKS = {"desktop": DESKTOP, "phone": PHONE, "dark": DESKTOP | DARK, "dark phone": PHONE | DARK}
