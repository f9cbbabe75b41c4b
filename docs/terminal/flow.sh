# What is recorded: each command is shown as if typed, and then really run. Codes and tokens go to files, and so are on no picture.
type_in() {
  local text=$1 at
  printf '\e[1;32m$\e[0m '
  for ((at = 0; at < ${#text}; at += 4)); do
    printf '%s' "${text:at:4}"
    sleep 0.08
  done
  printf '\n'
}
run() {
  type_in "$1"
  eval "$1"
  sleep "${2:-1.5}"
}

sleep 0.5
run 'couch invite create --created-by noah --label reviewers --duration 8h --code-only > code.txt' 0.5
run 'couch redeem --name agent-1 --code-file code.txt > token.txt'
run 'couch stay --token-file token.txt' 2
run 'couch guest list' 2
run 'id=$(couch guest list --limit 1 --quiet)' 0.3
run 'couch guest extend $id 2h --json | jq -r .expiresAt'
run 'couch guest kill $id --yes' 2
run 'couch guest history $id' 3
run 'couch doctor' 4
