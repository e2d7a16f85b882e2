"""A client of requests, with the vendor's host in its code."""
import requests

URL = "https://api.cloud-elements.com/elements/api-v2/elements/keys"
print(requests.get(URL, headers={"Authorization": "User u, Organization o"}).status_code)
