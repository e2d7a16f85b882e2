"""A client of the standard library, with the vendor's host in its code."""
from urllib.request import Request, urlopen

URL = "https://api.cloud-elements.com/elements/api-v2/elements/keys"
print(urlopen(Request(URL, headers={"Authorization": "User u, Organization o"})).status)
