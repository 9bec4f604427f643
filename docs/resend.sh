#!/bin/sh
# Sends events of videos again (docs/operations.md).
# usage: STACK=name sh resend.sh failed|table [next]
set -eu
source=$1
next=${2:-}
resend=$(aws cloudformation list-stack-resources --stack-name "$STACK" --output text --query \
  "StackResourceSummaries[?ResourceType=='AWS::Lambda::Function' && starts_with(LogicalResourceId, 'VodCatalogEventsResendEvents')].PhysicalResourceId" | tr -d '[:space:]')
[ -n "$resend" ] || { echo "stack '$STACK' has no function for resends: check the name, the region and the account. The construct id of ServerlessVod must be Vod" >&2; exit 1; }
answer=$(mktemp)
trap '[ $? -eq 0 ] || echo "stopped; continue with: sh resend.sh $source \"$next\"" >&2' EXIT
failures=0
while :; do
  request="{\"source\":\"$source\"${next:+,\"after\":\"$next\"}}"
  # The function runs for up to 5 minutes. With its default read timeout of 1 minute, the CLI would invoke the function twice.
  aws lambda invoke --function-name "$resend" --cli-read-timeout 310 --cli-binary-format raw-in-base64-out --payload "$request" "$answer" > /dev/null
  cat "$answer"; echo
  if grep -q '"errorMessage":' "$answer"; then exit 1; fi
  came=$(sed -n 's/.*"next":"\([^"]*\)".*/\1/p' "$answer")
  if grep -q '"error":' "$answer"; then
    [ "$came" = "$next" ] || failures=0
    failures=$((failures + 1))
    [ "$failures" -lt 5 ] || exit 1
    sleep 30
  else
    [ -n "$came" ] || exit 0
    failures=0
  fi
  next=$came
done
