#!/bin/sh
# shellcheck shell=dash disable=SC2154
# Run by udhcpc: sets the address, routes and name servers of a lease.
case $1 in
    deconfig)
        ip -4 address flush dev "$interface"
        ip link set "$interface" up
        ;;
    bound | renew)
        [ -z "$mtu" ] || ip link set "$interface" mtu "$mtu"
        ip -4 address flush dev "$interface"
        ip address add "$ip/$mask" dev "$interface"
        # The default route of the first card has the highest priority: metrics 100, 101, ...
        metric=$((98 + $(cat "/sys/class/net/$interface/ifindex")))
        if [ -n "$staticroutes" ]; then
            # RFC 3442: pairs of destination and gateway replace the router option.
            # shellcheck disable=SC2086
            set -- $staticroutes
            while [ $# -ge 2 ]; do
                if [ "$2" = 0.0.0.0 ]; then
                    ip route replace "$1" dev "$interface" metric $metric
                else
                    # The clouds of Google and Hetzner assign a /32, which does not contain the gateway.
                    ip route replace "$2/32" dev "$interface" metric $metric
                    ip route replace "$1" via "$2" dev "$interface" metric $metric
                fi
                shift 2
            done
        else
            for gateway in $router; do
                [ "$mask" != 32 ] || ip route replace "$gateway/32" dev "$interface" metric $metric
                ip route replace default via "$gateway" dev "$interface" metric $metric
                break
            done
        fi
        {
            [ -z "$domain" ] || echo "search $domain"
            for server in $dns; do echo "nameserver $server"; done
        } >"/run/resolver.$interface"
        cat /run/resolver.* >/run/resolv.conf.new
        mv /run/resolv.conf.new /run/resolv.conf
        ;;
esac
