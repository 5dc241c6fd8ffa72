#!/usr/bin/env bash
# Builds the peers in Java: the programs `plain-java`, `flink-merge` and `flink-latency` in OUTDIR.
# usage: Benchmarks/peers/java/build.sh OUTDIR
set -euo pipefail
root=$(cd "$(dirname "$0")/../../.." && pwd)
mkdir -p "$1"
out=$(cd "$1" && pwd)
sources=$root/Benchmarks/peers/java
flink=2.3.0

command -v javac >/dev/null || { echo "build: no javac; apt-get install default-jdk-headless" >&2; exit 1; }

# Flink's jars, of which plain Java uses the Jackson that is in them.
home=$root/.build/venv-flink
if [[ ! -f $home/.has-$flink ]]; then
    python3 -m venv "$home"
    "$home/bin/pip" install -q --disable-pip-version-check "apache-flink-libraries==$flink" >&2
    touch "$home/.has-$flink"
fi
jars=("$home"/lib/python3*/site-packages/pyflink/lib/{flink-dist,log4j}*.jar)
path=$(IFS=:; echo "${jars[*]}")

rm -rf "$out/classes"
mkdir -p "$out/classes"
javac -Xlint:all,-path,-deprecation -cp "$path" -d "$out/classes" "$sources"/*.java
cp "$sources/log4j2.properties" "$out/classes"

# A program: its class, and the options of the virtual machine that were the best of those tried (README.md).
program() {
    cat >"$out/$1" <<END
#!/bin/sh
exec java \${JAVA_OPTIONS:-$3} -cp "$out/classes:$path" $2 "\$@"
END
    chmod +x "$out/$1"
}
program plain-java PlainJava "-XX:+UseParallelGC -Xmx1500m -Xmn512m"
program flink-merge FlinkMerge "-XX:+UseParallelGC -Xmx2g -Xmn768m"
program flink-latency FlinkLatency "-XX:+UseZGC -Xms2g -Xmx2g"
