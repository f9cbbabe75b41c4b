#!/usr/bin/env bash
# Keeps guests' sandboxes from this machine and its networks, with nftables; run it as root where the container engine runs:
#   deploy/sandbox-network.sh apply [--dns ADDRESS]… [BRIDGE]
#   deploy/sandbox-network.sh remove [BRIDGE]
#   deploy/sandbox-network.sh status [BRIDGE]     exit code 0 where the rules are in force, else 1
# BRIDGE is the network interface of the guests' network (COUCH_DOCKER_BRIDGE), default couch-guests. It need not exist
# yet, and may be made anew: rules go by its name. Applying twice is applying once; each bridge has its own resolvers.
#
# From the bridge a sandbox reaches public addresses alone. Denied are this machine at all of its addresses, other sandboxes,
# private, shared, link-local (metadata services) and multicast addresses, of IPv4 and IPv6, whatever port they have. What is
# left open: answers to connections that came in through a published port, and port 53 of the bridge's own address, where
# Podman resolves names; with --dns, port 53 of another resolver, for it must be public otherwise.
# Nothing comes in from outside the bridge but through a published port, and from this machine.
#
# The rules end with a restart of the machine, and with "nft flush ruleset" (a restart of nftables.service): see
# deploy/sandbox-network.service. Everything is in tables named couch_sandbox; no other table is touched.
set -euo pipefail

table=couch_sandbox
lock=${COUCH_SANDBOX_LOCK:-/run/couch-sandbox.lock}

usage() { sed -n '3,5s/^# *//p' "$0" >&2; exit 2; }
fail() { echo "sandbox-network.sh: $*" >&2; exit 1; }

command=${1:-}
[ $# -gt 0 ] && shift
bridge=
resolvers=()
while [ $# -gt 0 ]; do
  case $1 in
    --dns) [ $# -gt 1 ] || usage; resolvers+=("$2"); shift 2 ;;
    -*) usage ;;
    *) [ -z "$bridge" ] || usage; bridge=$1; shift ;;
  esac
done
bridge=${bridge:-couch-guests}
# It becomes a part of a rule; a network interface's name has at most 15 characters.
[[ $bridge =~ ^[A-Za-z0-9][A-Za-z0-9_.-]{0,14}$ ]] || fail "'$bridge' is no name of a bridge (at most 15 letters, digits, '_', '.' and '-')"
for resolver in ${resolvers[@]+"${resolvers[@]}"}; do
  [[ $resolver =~ ^[0-9a-fA-F.:]+$ ]] || fail "--dns wants an IP address, not '$resolver'"
done
[ ${#resolvers[@]} -eq 0 ] || [ "$command" = apply ] || usage

command -v nft >/dev/null || fail "nft is missing: apt-get install nftables"
[ "$(id -u)" -eq 0 ] || fail "must be run as root"

# Not on the internet, or not to be reached by a sandbox: IANA's special-purpose registries without the documentation ranges,
# and the same IPv4 addresses behind a NAT64.
denied4='0.0.0.0/8, 10.0.0.0/8, 100.64.0.0/10, 127.0.0.0/8, 169.254.0.0/16, 172.16.0.0/12, 192.0.0.0/24, 192.168.0.0/16, 198.18.0.0/15, 224.0.0.0/3'
denied6='::/127, ::ffff:0:0/96, 64:ff9b::/104, 64:ff9b::a00:0/104, 64:ff9b::6440:0/106, 64:ff9b::7f00:0/104, 64:ff9b::a9fe:0/112, 64:ff9b::ac10:0/108, 64:ff9b::c0a8:0/112, 64:ff9b:1::/48, 100::/64, 2001::/23, 2002::/16, fc00::/7, fe80::/10, fec0::/10, ff00::/8'

has_rules() { nft list table inet $table >/dev/null 2>&1; }

bridges() { nft list set inet $table bridges 2>/dev/null | grep -o '"[^"]*"' | tr -d '"' || true; }

resolvers_of() { nft list set inet $table "$1" 2>/dev/null | grep -oE "\"$2\" \. [0-9a-f.:]+" || true; }

# Both families' sockets are in one table, and all of it changes at one moment.
rules() {
  cat <<NFT
add table inet $table
add set inet $table bridges { type ifname; }
add set inet $table resolvers4 { type ifname . ipv4_addr; }
add set inet $table resolvers6 { type ifname . ipv6_addr; }
add set inet $table askers { type ipv4_addr; size 65535; flags dynamic, timeout; timeout 1m; }
add chain inet $table input { type filter hook input priority filter - 5; policy accept; }
add chain inet $table forward { type filter hook forward priority filter - 5; policy accept; }
add chain inet $table deny
flush chain inet $table input
flush chain inet $table forward
flush chain inet $table deny

# The couch tries port 4 of what is denied, and takes these rules to be in force where it hears "protocol not available":
# no other firewall is known to say so (keep Isolation.cs alike). Whoever else connects is told that it is prohibited. The
# kernel sends few such messages a second, so no guest may use up what the couch waits for.
add rule inet $table deny meta nfproto ipv4 tcp dport 4 update @askers { ip saddr limit rate over 5/second burst 20 packets } drop
add rule inet $table deny meta nfproto ipv4 tcp dport 4 reject with icmp type prot-unreachable
add rule inet $table deny limit rate 100/second burst 100 packets reject with icmpx type admin-prohibited
add rule inet $table deny drop

# To this machine, whatever address it is asked at. Answers go by direction, not by being established: a connection that a
# guest had opened before these rules ends with them.
add rule inet $table input iifname @bridges ct state established ct direction reply accept
add rule inet $table input iifname @bridges meta l4proto { icmp, icmpv6 } ct state related accept
add rule inet $table input iifname @bridges icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
add rule inet $table input iifname @bridges meta l4proto { tcp, udp } th dport 53 fib daddr . iif type local accept
add rule inet $table input iifname . ip daddr @resolvers4 meta l4proto { tcp, udp } th dport 53 accept
add rule inet $table input iifname . ip6 daddr @resolvers6 meta l4proto { tcp, udp } th dport 53 accept
add rule inet $table input iifname @bridges goto deny

# Through this machine. Between sandboxes of one bridge too, where the kernel hands bridged packets to these rules.
add rule inet $table forward iifname @bridges icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
add rule inet $table forward iifname @bridges oifname @bridges goto deny
add rule inet $table forward iifname @bridges ct state established ct direction reply accept
add rule inet $table forward iifname @bridges meta l4proto { icmp, icmpv6 } ct state related accept
add rule inet $table forward iifname . ip daddr @resolvers4 meta l4proto { tcp, udp } th dport 53 accept
add rule inet $table forward iifname . ip6 daddr @resolvers6 meta l4proto { tcp, udp } th dport 53 accept
add rule inet $table forward iifname @bridges ip daddr { $denied4 } goto deny
add rule inet $table forward iifname @bridges ip6 daddr { $denied6 } goto deny
# Into it: through a published port, or as an answer.
add rule inet $table forward oifname @bridges ct state established,related accept
add rule inet $table forward oifname @bridges ct status dnat accept
add rule inet $table forward oifname @bridges goto deny
NFT
}

# Frames between two sandboxes never leave the bridge. Its own table sees them all; an older or smaller kernel has no such
# rule, and gives bridged packets to the rules above where it is told to.
deny_between_sandboxes() {
  if nft -f - 2>/dev/null <<NFT
add table bridge $table
add set bridge $table bridges { type ifname; }
add chain bridge $table forward { type filter hook forward priority filter; policy accept; }
flush chain bridge $table forward
add rule bridge $table forward meta ibrname @bridges drop
add element bridge $table bridges { "$bridge" }
NFT
  then return; fi
  modprobe br_netfilter 2>/dev/null || true
  local switch
  for switch in bridge-nf-call-iptables bridge-nf-call-ip6tables; do
    [ "$(cat "/proc/sys/net/bridge/$switch" 2>/dev/null)" = 1 ] || echo 1 2>/dev/null >"/proc/sys/net/bridge/$switch" \
      || fail "this kernel lets nobody filter between the ports of a bridge: it has neither nft_meta_bridge nor br_netfilter"
  done
}

are_kept_apart() {
  nft list set bridge $table bridges 2>/dev/null | grep -q "\"$bridge\"" && return
  [ "$(cat /proc/sys/net/bridge/bridge-nf-call-iptables /proc/sys/net/bridge/bridge-nf-call-ip6tables 2>/dev/null | tr -d '\n')" = 11 ]
}

apply() {
  deny_between_sandboxes
  {
    rules
    local old resolver
    while read -r old; do [ -z "$old" ] || echo "delete element inet $table resolvers4 { $old }"; done < <(resolvers_of resolvers4 "$bridge")
    while read -r old; do [ -z "$old" ] || echo "delete element inet $table resolvers6 { $old }"; done < <(resolvers_of resolvers6 "$bridge")
    for resolver in ${resolvers[@]+"${resolvers[@]}"}; do
      case $resolver in
        *:*) echo "add element inet $table resolvers6 { \"$bridge\" . $resolver }" ;;
        *) echo "add element inet $table resolvers4 { \"$bridge\" . $resolver }" ;;
      esac
    done
    echo "add element inet $table bridges { \"$bridge\" }"
  } | nft -f -
  echo "guests on $bridge are kept from this machine, its networks and each other"
}

remove() {
  local old
  {
    while read -r old; do [ -z "$old" ] || echo "delete element inet $table resolvers4 { $old }"; done < <(resolvers_of resolvers4 "$bridge")
    while read -r old; do [ -z "$old" ] || echo "delete element inet $table resolvers6 { $old }"; done < <(resolvers_of resolvers6 "$bridge")
    if bridges | grep -qxF "$bridge"; then echo "delete element inet $table bridges { \"$bridge\" }"; fi
    if nft list set bridge $table bridges 2>/dev/null | grep -q "\"$bridge\""; then echo "delete element bridge $table bridges { \"$bridge\" }"; fi
  } | nft -f -
  if has_rules && [ -z "$(bridges)" ]; then
    nft delete table inet $table
    nft delete table bridge $table 2>/dev/null || true
  fi
  echo "guests on $bridge are kept from nothing"
}

status() {
  if bridges | grep -qxF "$bridge" && nft list chain inet $table input | grep -q 'goto deny' && are_kept_apart; then
    echo "guests on $bridge are kept from this machine, its networks and each other"
  else
    echo "guests on $bridge are kept from nothing: run $0 apply $bridge"
    return 1
  fi
}

case $command in
  apply | remove) exec 9>"$lock"; flock -w 60 9 || fail "another run of this script has held $lock for a minute: end it, and run this again"; $command ;;
  status) status ;;
  *) usage ;;
esac
