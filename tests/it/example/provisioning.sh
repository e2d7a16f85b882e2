#!/bin/sh
# A provisioning client's test, in shell. Run it with: mock-ce exec --deny-leaks -- sh provisioning.sh
set -eu

api() { # METHOD PATH [BODY]: the reply's body, then its status
  curl -sS -X "$1" -w ' %{http_code}' "$MOCK_CE_URL$2" ${3:+-d "$3"} \
    -H 'Content-Type: application/json' \
    -H "Authorization: User u, Organization $MOCK_CE_ORGANIZATION"
}

steer() { # METHOD PATH [BODY]: only what belongs to this test's organization
  curl -fsS -X "$1" "$MOCK_CE_ADMIN_URL$2?organization=$MOCK_CE_ORGANIZATION" ${3:+-d "$3"} \
    -H 'Content-Type: application/json'
}

mailjet='{"element": {"key": "mailjet"}, "name": "Test",
  "configuration": {"mailjet.api.key": "k", "mailjet.api.secret": "s"}}'

# The reply to the first creation is lost, but the instance is there: a client that tries again has two.
steer POST /script '{"match": {"method": "POST"}, "when": {"first": 1}, "effect": "loseReply"}' >/dev/null
api POST /instances "$mailjet" >/dev/null 2>&1 && echo 'the reply was not lost' && exit 1
api POST /instances "$mailjet" >/dev/null
api GET /instances/ | grep -q '"id":1234.*"id":1235'

# The journal knows both what happened and what the client saw of it.
steer GET /requests | grep -q '"instance":1234,"status":200,"rule":"create","grade":"guide","effect":"loseReply"'

# An element that nobody knows is refused, naming the nearest; which status the service gives is an assumption.
api POST /instances '{"element": {"key": "mailjett"}, "name": "Test"}' | grep -q 'mailjet.* 404'

# Nothing is left behind, or --deny-leaks makes the run fail.
api DELETE /instances/1234 >/dev/null
api DELETE /instances/1235 >/dev/null
echo 'provisioned, lost, found and deleted'
