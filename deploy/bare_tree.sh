# What the scripts that prove something in a bare Debian tree share; sourced by them.

# Sources as apt on this machine sees them, without its third-party ones: one-line entries, nothing when apt knows none.
debian_sources() {
  apt-get indextargets --format 'deb $(SITE) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 'Origin: Debian' |
    grep -E '^deb [^ ]+ bookworm' || true
}

# Lets apt in the tree $1 download as apt on this machine does.
give_apt_settings() {
  debian_sources >"$1/etc/apt/sources.list"
  # Proxies and date checks, not this machine's hooks.
  apt-config dump | grep -E '^Acquire::(http|https|ftp|Check|Retries|ForceIPv)[^ ]* "[^"]+' \
    >"$1/etc/apt/apt.conf.d/80prove-bare" || true
  cp -L /etc/resolv.conf /etc/hosts "$1/etc/"
}
