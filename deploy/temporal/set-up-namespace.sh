#!/bin/sh
# Creates Headgate's namespace and the search attributes of its workflows. Safe to repeat.
set -eu

: "${TEMPORAL_ADDRESS:?}" "${TEMPORAL_NAMESPACE:?}"
export TEMPORAL_ADDRESS TEMPORAL_NAMESPACE

attempt=0
until temporal operator cluster health >/dev/null 2>&1; do
  attempt=$((attempt + 1))
  if [ "$attempt" -ge 60 ]; then
    echo "Temporal at $TEMPORAL_ADDRESS is not healthy" >&2
    exit 1
  fi
  sleep 1
done

# Histories of ended rollouts stay readable in the Web UI for 30 days; Headgate's own records stay for good.
temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1 ||
  temporal operator namespace create --retention 30d --namespace "$TEMPORAL_NAMESPACE"

# A new namespace is known everywhere only after some seconds.
attempt=0
until known=$(temporal operator search-attribute list 2>/dev/null); do
  attempt=$((attempt + 1))
  if [ "$attempt" -ge 60 ]; then
    echo "namespace $TEMPORAL_NAMESPACE does not appear" >&2
    exit 1
  fi
  sleep 1
done

for attribute in HeadgateFlag=Keyword HeadgateEnvironment=Keyword HeadgateState=Keyword HeadgateVerdict=Keyword \
  HeadgateWaitingFor=Keyword HeadgateWeight=Double HeadgateStep=Int HeadgateRisk=Double HeadgateOwner=Keyword; do
  name=${attribute%=*}
  if ! printf '%s\n' "$known" | grep -qw "$name"; then
    temporal operator search-attribute create --name "$name" --type "${attribute#*=}"
  fi
done
