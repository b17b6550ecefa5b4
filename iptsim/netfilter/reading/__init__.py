"""What ip, ifconfig, route, sysctl, ss and ipset print, read."""
