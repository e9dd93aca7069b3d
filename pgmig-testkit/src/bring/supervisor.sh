# Ends the server of one home directory and removes the directory, once no process that
# registered itself in clients/ has lived for ten seconds. Argument: the home directory.
# It runs in a process group of its own and ignores what a terminal sends, so that it outlives
# the test run, however that ends.
trap '' HUP INT QUIT TERM
home=$1
quiet=0

# Prints the start time of a process where /proc has it: an id alone may be used again.
started() {
    [ -r "/proc/$1/stat" ] || return 0
    read -r stat 2>/dev/null < "/proc/$1/stat" || return 0
    set -- ${stat##*) }
    [ "$1" = Z ] || echo "${20}"
}

# Whether the process in file $1 (`<pid> <started>`) lives.
alive() {
    read -r pid start 2>/dev/null < "$1" || return 1
    kill -0 "$pid" 2>/dev/null && [ "$(started "$pid")" = "$start" ]
}

# Whether any process registered in directory $1 lives.
used() {
    for client in "$1"/*; do
        [ -f "$client" ] || continue
        alive "$client" && return 0
        rm -f "$client"
    done
    return 1
}

while [ $quiet -lt 5 ]; do
    sleep 2
    [ -d "$home" ] || exit 0
    if used "$home/clients"; then quiet=0; else quiet=$((quiet + 1)); fi
done
# Renamed first: from here on nobody can register any more, and who did so just before is seen.
mv "$home/clients" "$home/retired" || exit 0
while used "$home/retired"; do sleep 2; done

if alive "$home/process"; then
    kill -INT "$pid"
    tries=0
    while alive "$home/process"; do
        tries=$((tries + 1))
        [ $tries -lt 20 ] || { kill -KILL "$pid"; break; }
        sleep 1
    done
fi
cd /
[ ! -d "$home/disk" ] || umount "$home/disk" 2>/dev/null
rm -rf "$home"
