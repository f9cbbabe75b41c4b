# What verify.sh claims of the running stack. Sourced by it: uses its compose, call, step and fail.

# A 503 says to ask again, and a machine of two cores that starts five nodes says it now and then.
api() {
  local method=$1 path=$2
  shift 2
  curl -sS --fail-with-body --retry 4 -m 40 -X "$method" -H "Authorization: Bearer $COUCH_AUTH_TOKEN" -H 'Content-Type: application/json' "$@" "$couch$path"
}

# A stay from its invite on, left running: its id and token are added to the guests seen so far.
guests=()
tokens=()
begin_stay() {
  local code answer guest token
  code=$(api POST /couch/invites -d '{"createdBy":"verify"}' | field code) && [ -n "$code" ] || return 1
  answer=$(curl -sS --fail-with-body --retry 4 -m 40 -H 'Content-Type: application/json' -H "Idempotency-Key: ${code:4:20}" \
    -d "{\"code\":\"$code\",\"name\":\"$1\"}" "$couch/couch/redeem") || return 1
  guest=$(field guestId <<<"$answer")
  token=$(field authToken <<<"$answer")
  api POST "/couch/guests/$guest/activate" -d '{"vmId":"vm-1","agentEndpoint":"http://10.0.0.1:1"}' >/dev/null || return 1
  api PUT "/couch/guests/$guest/usage" -d '{"tokensUsed":1234}' >/dev/null || return 1
  [ "$(status_of "$token")" = running ] || return 1
  guests+=("$guest")
  tokens+=("$token")
}
begin_stays() {
  for _ in $(seq 1 "$1"); do begin_stay verify || return 1; done
}
status_of() { curl -sS --fail-with-body --retry 4 -m 40 -H "Authorization: Bearer $1" "$couch/couch/status" | field status; }

walk() {
  begin_stays 2 || fail "a stay does not begin"
  local last=${guests[-1]} life
  api DELETE "/couch/guests/$last" >/dev/null
  [ "$(api GET "/couch/guests/$last/status" | field status)" = revoked ] || fail "a killed guest is not revoked"
  life=$(api GET "/couch/guests/$last/events" | grep -o '"type":"[^"]*"' | cut -d'"' -f4 | xargs)
  [ "$life" = "couch.invite.created couch.invite.redeemed couch.provision.failed couch.guest.activated couch.guest.killed" ] ||
    fail "the log has another life of a killed guest: $life"
  unset 'guests[-1]' 'tokens[-1]'
  everybody_stays
}
everybody_stays() {
  local at listed
  listed=$(api GET '/couch/guests?limit=100')
  for at in "${!guests[@]}"; do
    [[ $listed == *"${guests[$at]}"* ]] || { fail "${guests[$at]} is not listed"; return 1; }
    [ "$(status_of "${tokens[$at]}")" = running ] || { fail "${guests[$at]} does not run"; return 1; }
    [[ $(api GET "/couch/guests/${guests[$at]}") == *'"tokensUsed":1234'* ]] || { fail "${guests[$at]} lost its usage"; return 1; }
  done
}

# Asks for every guest's status over and over; begun before a disturbance, ended after it.
begin_polls() {
  : >"$folder/polls"
  while :; do
    for token in "${tokens[@]}"; do
      printf '%s %s\n' "$SECONDS" "$(curl -s -o /dev/null -m 40 -w '%{http_code}' -H "Authorization: Bearer $token" "$couch/couch/status" || true)" >>"$folder/polls"
    done
    sleep 0.05
  done &
  polls=$!
  helpers+=("$polls")
}
end_polls() {
  kill "$polls"
  wait "$polls" 2>/dev/null || true
  step "      $(grep -c ' 200$' "$folder/polls") polls answered, $(grep -vc ' 200$' "$folder/polls" || true) not$(
    awk '$2 != 200 { if (!first) first = $1; last = $1 } END { if (first) print ", over " last - first + 1 " s" }' "$folder/polls") $(awk '$2 != 200 { print $2 }' "$folder/polls" | sort -u | xargs)"
}

only_200_or_503() {
  local other
  other=$(grep -vE ' (200|503)$' "$folder/polls" | sort | uniq -c | xargs) || true
  [ -z "$other" ] || fail "guests were told something else than 200 or 503 while $1 hung (times, second, answer): $other"
}

# A second terminal: follows the log with curl -N, resumes where it was when its connection ends, and keeps the ids that it saw. An
# event that was cut has no empty line after it, and does not count.
ids_in() { awk '/^id:/ { id = $2 } /^\r?$/ { if (id) print id; id = "" }' "$1"; }
newest_event() { api GET /couch/events/stats | sed -n 's/.*"newestId":\([0-9]*\).*/\1/p'; }
followers=()
begin_following() {
  local reader
  since=$(newest_event) && [ -n "$since" ] || { fail "the log does not say its newest event"; return 1; }
  for reader in "$folder"/follow-{1,2,3}; do
    rm -f "$reader".*
    touch "$reader.seen"
    while :; do
      printf '\nconnected\n' >>"$reader.connections"
      curl -sN -H "Authorization: Bearer $COUCH_AUTH_TOKEN" -H "Last-Event-ID: $(cat "$reader".last 2>/dev/null || echo "$since")" \
        "$couch/couch/events/stream" >"$reader.now" || true
      ids_in "$reader.now" >>"$reader.seen"
      tail -n 1 "$reader.seen" >"$reader.last"
      [ -s "$reader.last" ] || echo "$since" >"$reader.last"
      sleep 0.2
    done &
    followers+=($!)
    helpers+=($!)
  done
}
# What each saw since it began, the connection that is still open included.
seen_by() { cat "$1.seen"; ids_in "$1.now"; }
have_seen_all() {
  local reader
  for reader in "$folder"/follow-{1,2,3}; do [ "$(seen_by "$reader" | tail -n 1)" = "$1" ] || return 1; done
}
end_following() {
  local reader newest log
  newest=$(newest_event)
  until_true 30 "every follower saw event $newest" have_seen_all "$newest"
  log=$(api GET "/couch/events?limit=1000&since_id=$since" | grep -o '"id":[0-9]*' | cut -d: -f2)
  for reader in "$folder"/follow-{1,2,3}; do
    [ "$(seen_by "$reader")" = "$log" ] || { fail "a follower saw something else than the log's events"; return 1; }
  done
  for reader in "${followers[@]}"; do kill "$reader" 2>/dev/null || true; done
  followers=()
  step "      $(wc -l <<<"$log") events, seen by three who followed them in order, each once, over $(
    cat "$folder"/follow-*.connections | grep -c connected) connections"
}
until_true() {
  local bound=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" 2>/dev/null; do
    [ $SECONDS -lt $bound ] || { fail "not within its time: $what"; return 1; }
    sleep 0.5
  done
}
nodes_behind_balancer() {
  local answers
  answers=$("${compose[@]}" exec -T balancer bash -c 'getent ahostsv4 node' | awk '{ print $1 }' | sort -u | wc -l)
  [ "$answers" -eq "$1" ]
}

refuses_as_a_couch() {
  local answer said
  answer=$(curl -s -m 40 -D - "$couch/couch/status?token=x") || return 1
  for said in 'HTTP/1.1 503' 'application/problem+json' 'retry-after: 1' '"status":503' 'the couch cannot answer right now'; do
    [[ $answer == *"$said"* ]] || return 1
  done
}

step "walking the protocol through the balancer"
walk
begin_stays 12

step "silo ports: nothing but the balancer is published, the balancer cannot reach them, and they answer no stranger"
published=$("${compose[@]}" ps --format '{{.Ports}}' | grep -o '[0-9.]*:[0-9]*->' | sort -u | tr '\n' ' ')
[ "$published" = "127.0.0.1:$port-> " ] || fail "published: $published"
"${compose[@]}" exec -T balancer bash -c 'exec 3<>/dev/tcp/node/3000' || fail "the balancer does not reach a node"
for silo_port in 11111 30000; do
  if "${compose[@]}" exec -T balancer bash -c "exec 3<>/dev/tcp/node/$silo_port" 2>/dev/null; then fail "the balancer reaches port $silo_port"; fi
done
# On the inner network, where the database is: no port for gateways, and no word from the silo port to who does not prove himself.
if "${compose[@]}" exec -T postgres bash -c 'exec 3<>/dev/tcp/node/30000' 2>/dev/null; then fail "a node has a port for gateways"; fi
said=$("${compose[@]}" exec -T postgres bash -c 'trap "" PIPE; exec 3<>/dev/tcp/node/11111 || exit 1; printf "GET / HTTP/1.1\r\n\r\n" >&3; timeout 20 cat <&3 | wc -c; [ "${PIPESTATUS[0]}" -ne 124 ]') ||
  fail "the silo port does not end a stranger's connection"
[ "${said:-none}" -lt 64 ] 2>/dev/null || fail "the silo port says ${said:-nothing at all, or is not there} to a stranger, in bytes"

step "the database's user owns its database and nothing more"
as_couch() { "${compose[@]}" exec -T postgres psql -qAtX -U couch "$@" </dev/null 2>&1; }
rights=$(as_couch couch -c "SELECT count(*) FROM pg_roles WHERE rolname = current_user AND NOT (rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls)")
[ "$rights" = 1 ] || fail "the role couch may do more: $rights"
if as_couch postgres -c 'SELECT 1' >/dev/null; then fail "the role couch may use another database"; fi

step "secrets are files: no container has one in its environment"
for container in $("${compose[@]}" ps -q); do
  described=$(engine "containers/$container/json")
  for secret in secrets/postgres-password secrets/node/*; do
    [[ $described != *"$(cat "$secret")"* ]] || fail "$secret is in a container's description"
  done
done

step "exchanging the host key: within 10 s of its file's replacement every node takes the new one and refuses the old"
process() { engine "containers/$1/json" | sed -n 's/.*"Pid":\([0-9]*\).*/\1/p'; }
processes() { for container in $("${compose[@]}" ps -q node); do process "$container"; done; }
# What each node answers to each key, asked past the balancer.
answers() {
  "${compose[@]}" exec -T balancer bash -c '
    getent ahostsv4 node | sort -u -k 1,1 | while read -r node _; do
      for key; do
        exec 3<>"/dev/tcp/$node/3000"
        printf "GET /couch/guests?limit=1 HTTP/1.1\r\nHost: couch\r\nAuthorization: Bearer %s\r\nConnection: close\r\n\r\n" "$key" >&3
        read -r _ status _ <&3
        printf "%s " "$status"
      done
    done' bash "$@"
}
counts() { [ "$(answers "$@")" = "200 401 200 401 200 401 " ]; }
old=$COUCH_AUTH_TOKEN
started=$(processes)
openssl rand -hex 32 >secrets/next
chmod 644 secrets/next
mv secrets/next secrets/node/COUCH_AUTH_TOKEN
moment=$SECONDS
COUCH_AUTH_TOKEN=$(cat secrets/node/COUCH_AUTH_TOKEN)
until_true 10 "every node takes the new host key and refuses the old" counts "$COUCH_AUTH_TOKEN" "$old"
step "      within $((SECONDS - moment)) s"
[ "$(processes)" = "$started" ] || fail "a node was started anew"
everybody_stays

step "killing a node with SIGKILL, under polls and under three who follow the events"
begin_polls
begin_following
victim=$COMPOSE_PROJECT_NAME-node-2
killed=$(process "$victim")
# From outside, where that may be done: what the engine is asked to kill it does not start again.
kill -KILL "$killed" 2>/dev/null || engine "containers/$victim/kill?signal=KILL" -X POST
moment=$SECONDS
until_true 60 "ten stays begin one after the other" begin_stays 10
until_true 60 "every guest answers" everybody_stays
step "      stays begin as before within $((SECONDS - moment)) s"
restarted() { local now; now=$(process "$victim") && [ "${now:-0}" != 0 ] && [ "$now" != "$killed" ]; }
until_true 60 "the engine has started it again" restarted
"${compose[@]}" up -d --wait --no-recreate >>"$folder/log" 2>&1
end_polls
step "walking the protocol again"
walk
end_following

step "a node hangs: polls wait for it or are asked elsewhere, and none is left without an answer"
begin_polls
engine "containers/$COMPOSE_PROJECT_NAME-node-3/pause" -X POST
sleep 6
engine "containers/$COMPOSE_PROJECT_NAME-node-3/unpause" -X POST
until_true 30 "every guest answers" everybody_stays
end_polls
only_200_or_503 "a node"
"${compose[@]}" up -d --wait --no-recreate >>"$folder/log" 2>&1

step "the database hangs: nobody is told what no node can confirm, and every node comes back"
begin_polls
engine "containers/$COMPOSE_PROJECT_NAME-postgres-1/pause" -X POST
sleep 6
engine "containers/$COMPOSE_PROJECT_NAME-postgres-1/unpause" -X POST
end_polls
# After 4 s without the database no node has its lease: 503 until it is back, and never anything else.
only_200_or_503 "the database"
until_true 30 "every guest answers" everybody_stays
"${compose[@]}" up -d --wait --no-recreate >>"$folder/log" 2>&1

step "growing to five nodes"
"${compose[@]}" up -d --wait --no-recreate --scale node=5 >>"$folder/log" 2>&1
until_true 30 "the balancer knows five nodes" nodes_behind_balancer 5
walk

step "shrinking to two, under polls"
begin_polls
"${compose[@]}" up -d --no-recreate --scale node=2 >>"$folder/log" 2>&1
end_polls
# For a second or two the balancer may still send somebody to a node that has just gone.
until_true 30 "every guest answers" everybody_stays

step "with no node left, the balancer says what a couch would"
"${compose[@]}" stop node >>"$folder/log" 2>&1
until_true 30 "the balancer answers with a problem that may be asked again" refuses_as_a_couch

step "stopping everything, and starting it from its volume"
"${compose[@]}" down >>"$folder/log" 2>&1
"${compose[@]}" up -d --wait >>"$folder/log" 2>&1
until_true 60 "every guest answers again" everybody_stays

step "callers are told apart by their address, whatever they say of it themselves"
for forged in $(seq 1 400); do
  code=$(curl -s -o /dev/null -w '%{http_code}' -H "X-Forwarded-For: 198.51.100.$((forged % 250))" -H 'Content-Type: application/json' -d '{"code":"inv_x","name":"x"}' "$couch/couch/redeem")
  [ "$code" != 429 ] || break
done
[ "$code" = 429 ] || fail "400 redeems from one address were not too many"
other=$("${compose[@]}" exec -T balancer bash -c 'exec 3<>/dev/tcp/127.0.0.1/3000; printf "GET /couch/status?token=x HTTP/1.1\r\nHost: couch\r\nConnection: close\r\n\r\n" >&3; head -n 1 <&3')
[[ $other == *" 404"* ]] || fail "another caller was answered: $other"
