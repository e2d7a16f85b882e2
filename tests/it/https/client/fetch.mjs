// A client of fetch, with the vendor's host in its code.
const url = "https://api.cloud-elements.com/elements/api-v2/elements/keys";
const reply = await fetch(url, { headers: { Authorization: "User u, Organization o" } });
console.log(reply.status);
