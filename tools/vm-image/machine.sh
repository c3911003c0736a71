# One virtual machine, from its initial files to the command's status. Sourced by tools/vm.
# shellcheck shell=bash disable=SC2154

# Every word makes an emulated kernel faster or steadier: no self-tests of ciphers and no jitter entropy at boot, no waiting
# for entropy, no mitigations, no zeroing of pages nor of huge ones, programs at one address (so that their translation
# is found again), short RCU grace periods. The clock is the HPET, which has a known frequency: the TSC's is measured at
# boot, and on a loaded machine wrongly now and then; a guest's clock ran 2.3 times too fast. A panic ends the machine.
boot_words="console=ttyS0 quiet loglevel=4 panic=-1 mitigations=off random.trust_cpu=on cryptomgr.notests=1
    module_blacklist=drbg,jitterentropy_rng norandmaps init_on_alloc=0 tsc=unstable clocksource=hpet transparent_hugepage=never
    rcupdate.rcu_expedited=1 apparmor=0 audit=0"

# The first files the guest sees: busybox, the modules that lead to the shared files in their order, and init.
make_initrd() {
    local job=$1 release module file name
    local files=$job/files
    release=$(ls "$image/lib/modules")
    mkdir -p "$files"/{bin,proc,dev,modules,settings}
    install -m 755 "$(type -P busybox)" "$files/bin/busybox"
    install -m 755 "$parts/init" "$files/init"
    for module in virtio_pci virtio_console 9pnet_virtio 9p overlay; do
        modprobe -d "$image" -S "$release" --show-depends "$module" | sed -n 's/^insmod \(.*[^ ]\) *$/\1/p'
    done | awk '!seen[$0]++' | while IFS= read -r file; do
        name=$(basename "$file")
        case $name in
        *.xz) xz -dc "$file" >"$files/modules/${name%.xz}" && echo "${name%.xz}" ;;
        *) cp "$file" "$files/modules/" && echo "$name" ;;
        esac
    done >"$files/modules/order"
    printf '%s' "$image/lib/modules" >"$files/settings/modules"
    [[ -z $write ]] || printf '%s' "$write" >"$files/settings/write"
    (cd "$files" && find . | cpio -o -H newc --quiet) >"$job/initrd"
    rm -rf "$files"
}

# What the guest's bash runs, as its PID 1.
make_job() {
    local job=$1
    shift
    {
        echo "export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8"
        echo ': >/run/vm/begun'
        printf '{ cd %q && %s; } </dev/null >/dev/vport0p1 2>&1\n' "$PWD" "$(printf '%q ' "$@")"
        echo 'echo $? >/run/vm/status; sync; busybox reboot -f'
    } >"$job/job"
}

# Options of qemu that share the directory $2 by the name $1.
share() {
    printf '%s\0' -fsdev "local,id=$1,path=${2//,/,,},security_model=none,multidevs=remap${3:-}" \
        -device "virtio-9p-pci,fsdev=$1,mount_tag=$1"
}

# Before 8.1, qemu's processors see a stale breakpoint now and then while the kernel patches itself ("Oops: int3"), unless
# they take turns.
threads() {
    local version
    version=$(qemu-system-x86_64 --version | sed -n '1s/.*version \([0-9.]*\).*/\1/p')
    if dpkg --compare-versions "$version" ge 8.1; then echo multi; else echo single; fi
}

# boot ACCELERATOR SECONDS JOB COMMAND...: the machine from start to end, its output on ours, qemu's status as ours; what
# the command returned is in JOB/status.
boot() {
    local accelerator=$1 seconds=$2 job=$3 shares status=0
    shift 3
    # q35, because microvm hangs now and then. The processor without what is slow in emulation.
    local how=(-accel "tcg,thread=$(threads),tb-size=512" -cpu "max,erms=off,fsrm=off,la57=off")
    [[ $accelerator == tcg ]] || how=(-accel kvm -cpu host)
    mkdir "$job"
    make_initrd "$job"
    make_job "$job" "$@"
    mapfile -d '' -t shares < <(
        share root / ,readonly=on
        share job "$job"
        [[ -z $write ]] || share write "$write"
    )

    # By way of a named pipe: qemu opens its output by name, and a standard output that is a socket has none. (A stdio
    # chardev would close with our standard input, and what the guest writes then hang.)
    mkfifo "$job/output"
    exec 8<>"$job/output"
    cat "$job/output" 8>&- &
    local reader=$!
    setpriv --pdeathsig TERM timeout -k 5 "$seconds" qemu-system-x86_64 -M q35 "${how[@]}" -smp "$cpus" -m "$memory" \
        -nodefaults -no-user-config -no-reboot -display none \
        -chardev "file,id=log,path=${job//,/,,}/kernel.log" -serial chardev:log \
        -kernel "$image/vmlinux" -initrd "$job/initrd" -append "${boot_words//$'\n'/ }" \
        -device virtio-serial-pci -chardev "file,id=out,path=${job//,/,,}/output,append=on" \
        -device virtserialport,chardev=out "${shares[@]}" >"$job/qemu.log" 2>&1 8>&- &
    machine=$!
    { wait "$machine"; } 2>/dev/null || status=$? # bash's own word on a crashed child is not for the caller
    machine=''
    exec 8>&-
    wait "$reader" || :
    return "$status"
}

# Whether KVM runs a stock kernel is known after trying: some hosts offer a device that hangs it. Tried once per boot.
choose_accelerator() {
    local boot known='' answer=''
    accelerator=tcg
    [[ -w /dev/kvm ]] || return 0
    boot=$(</proc/sys/kernel/random/boot_id)
    exec 9>"$cache/kvm.lock"
    flock 9
    [[ ! -e $cache/kvm ]] || read -r known answer <"$cache/kvm" || :
    if [[ $known != "$boot" ]]; then
        boot kvm 20 "$work/probe" true 9>&- >/dev/null || :
        answer=no
        [[ $(cat "$work/probe/status" 2>/dev/null) != 0 ]] || answer=yes
        echo "$boot $answer" >"$cache/kvm"
    fi
    exec 9>&-
    [[ $answer != yes ]] || accelerator=kvm
}
