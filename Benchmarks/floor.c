// The floor: makes once and directly the system calls that the default bundle asks for, and nothing else.
// No JSON, no state, no re-exec, no look at what is there already. Errors end it, with the line's number.
//
//   floor version
//   floor run    ROOTFS NAME HIERARCHY… -- PROGRAM ARGUMENT…
//   floor create ROOTFS NAME HIERARCHY… -- PROGRAM ARGUMENT…    parks the process on the fifo /tmp/NAME
//   floor start  ROOTFS NAME HIERARCHY…
//   floor delete ROOTFS NAME HIERARCHY…                         kills the process and removes its cgroups
//   floor exec   ROOTFS NAME HIERARCHY… -- PROGRAM ARGUMENT…
//
// NAME is the cgroup below each HIERARCHY, the mount point of a cgroup file system. Its parent exists.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/sched.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>
#include <grp.h>

#define MUST(call) do { if ((call) < 0) fail(__LINE__); } while (0)
#define PLAIN (MS_NOSUID | MS_NOEXEC | MS_NODEV)
#define KEPT ((1u << CAP_KILL) | (1u << CAP_NET_BIND_SERVICE) | (1u << CAP_AUDIT_WRITE))
enum { MAX_HIERARCHIES = 32, LAST_CAPABILITY = 40, PATH = 512 };

static const char *rootfs, *name, *hierarchies[MAX_HIERARCHIES];
static int hierarchy_count;
static char **program;

static void fail(int line) {
  fprintf(stderr, "floor: line %d: %s\n", line, strerror(errno));
  _exit(125);
}

static const char *base(const char *path) { return strrchr(path, '/') + 1; }
static int is(const char *hierarchy, const char *controller) { return !strcmp(base(hierarchy), controller); }
static int is_unified(const char *hierarchy) { return is(hierarchy, "unified") || is(hierarchy, "cgroup"); }

static const char *file_in(const char *hierarchy, const char *file) {
  static char path[PATH];
  snprintf(path, sizeof path, "%s/%s%s%s", hierarchy, name, *file ? "/" : "", file);
  return path;
}

static void put(const char *path, const char *text) {
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  MUST(fd);
  MUST(write(fd, text, strlen(text)));
  close(fd);
}

// --- The parent: cgroups

static void copy_from_parent(const char *hierarchy, const char *file) {
  char path[PATH], text[256];
  snprintf(path, sizeof path, "%s/%s", hierarchy, name);
  *strrchr(path, '/') = 0;
  strcat(strcat(path, "/"), file);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  MUST(fd);
  ssize_t length = read(fd, text, sizeof text - 1);
  MUST(length);
  close(fd);
  text[length] = 0;
  put(file_in(hierarchy, file), text);
}

static void limit_devices(const char *hierarchy) {
  static const char *const allowed[] = {"c *:* m", "b *:* m", "c 1:3 rwm", "c 1:8 rwm", "c 1:7 rwm", "c 5:0 rwm",
                                        "c 1:5 rwm", "c 1:9 rwm", "c 136:* rwm", "c 5:2 rwm", "c 10:200 rwm"};
  put(file_in(hierarchy, "devices.deny"), "a");
  int fd = open(file_in(hierarchy, "devices.allow"), O_WRONLY | O_CLOEXEC);
  MUST(fd);
  for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++) MUST(write(fd, allowed[i], strlen(allowed[i])));
  close(fd);
}

static void make_cgroups(void) {
  for (int i = 0; i < hierarchy_count; i++) {
    MUST(mkdir(file_in(hierarchies[i], ""), 0755));
    if (is(hierarchies[i], "cpuset")) {
      copy_from_parent(hierarchies[i], "cpuset.cpus");
      copy_from_parent(hierarchies[i], "cpuset.mems");
    }
    if (is(hierarchies[i], "devices")) limit_devices(hierarchies[i]);
  }
}

// Whoever moves itself, alone, is spared the lock (and the RCU grace period) that moving a process by
// `cgroup.procs` takes. On v2 the process was cloned into its cgroup.
static void join_cgroups(void) {
  for (int i = 0; i < hierarchy_count; i++)
    if (!is_unified(hierarchies[i])) put(file_in(hierarchies[i], "tasks"), "0");
}

static void remove_cgroups(void) {
  for (int i = 0; i < hierarchy_count; i++) MUST(rmdir(file_in(hierarchies[i], "")));
}

static int unified_descriptor(void) {
  for (int i = 0; i < hierarchy_count; i++)
    if (is_unified(hierarchies[i])) return open(file_in(hierarchies[i], ""), O_PATH | O_DIRECTORY | O_CLOEXEC);
  return -1;
}

// --- The child: the container from inside

static void bind_read_only(const char *source, const char *target, unsigned long flags) {
  MUST(mount(source, target, NULL, MS_BIND | MS_REC, NULL));
  MUST(mount(NULL, target, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | flags, NULL));
}

static void mount_cgroups(void) {
  char target[PATH];
  const char *place = "sys/fs/cgroup";
  if (hierarchy_count == 1 && is_unified(hierarchies[0])) {
    MUST(mount("cgroup", place, "cgroup2", PLAIN | MS_RELATIME | MS_RDONLY, NULL));
    return;
  }
  MUST(mount("tmpfs", place, "tmpfs", PLAIN, "mode=755"));
  for (int i = 0; i < hierarchy_count; i++) {
    snprintf(target, sizeof target, "%s/%s", place, base(hierarchies[i]));
    MUST(mkdir(target, 0755));
    bind_read_only(file_in(hierarchies[i], ""), target, PLAIN);
  }
  MUST(mount(NULL, place, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | PLAIN, NULL));
}

static void make_devices(void) {
  static const struct { const char *path; int major, minor; } nodes[] = {
      {"dev/null", 1, 3}, {"dev/zero", 1, 5}, {"dev/full", 1, 7},
      {"dev/random", 1, 8}, {"dev/urandom", 1, 9}, {"dev/tty", 5, 0}};
  static const char *const links[][2] = {{"pts/ptmx", "dev/ptmx"}, {"/proc/self/fd", "dev/fd"},
      {"/proc/self/fd/0", "dev/stdin"}, {"/proc/self/fd/1", "dev/stdout"}, {"/proc/self/fd/2", "dev/stderr"}};
  for (size_t i = 0; i < sizeof nodes / sizeof *nodes; i++)
    MUST(mknod(nodes[i].path, S_IFCHR | 0666, makedev(nodes[i].major, nodes[i].minor)));
  for (size_t i = 0; i < sizeof links / sizeof *links; i++) MUST(symlink(links[i][0], links[i][1]));
}

static void make_mounts(void) {
  MUST(mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL));
  MUST(mount(rootfs, rootfs, NULL, MS_BIND | MS_REC, NULL));
  MUST(chdir(rootfs));
  MUST(mount("proc", "proc", "proc", 0, NULL));
  MUST(mount("tmpfs", "dev", "tmpfs", MS_NOSUID | MS_STRICTATIME, "mode=755,size=65536k"));
  MUST(mkdir("dev/pts", 0755));
  MUST(mkdir("dev/shm", 0755));
  MUST(mkdir("dev/mqueue", 0755));
  MUST(mount("devpts", "dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620,gid=5"));
  MUST(mount("shm", "dev/shm", "tmpfs", PLAIN, "mode=1777,size=65536k"));
  MUST(mount("mqueue", "dev/mqueue", "mqueue", PLAIN, NULL));
  MUST(mount("sysfs", "sys", "sysfs", PLAIN | MS_RDONLY, NULL));
  mount_cgroups();
  make_devices();
}

static void hide(void) {
  static const char *const read_only[] = {"proc/bus", "proc/fs", "proc/irq", "proc/sys", "proc/sysrq-trigger"};
  static const char *const masked[] = {"proc/acpi", "proc/asound", "proc/kcore", "proc/keys", "proc/latency_stats",
      "proc/timer_list", "proc/timer_stats", "proc/sched_debug", "sys/firmware", "proc/scsi"};
  for (size_t i = 0; i < sizeof read_only / sizeof *read_only; i++)
    if (mount(read_only[i], read_only[i], NULL, MS_BIND | MS_REC, NULL) == 0)
      MUST(mount(NULL, read_only[i], NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL));
  for (size_t i = 0; i < sizeof masked / sizeof *masked; i++)
    if (mount("dev/null", masked[i], NULL, MS_BIND, NULL) < 0 && errno == ENOTDIR)
      MUST(mount("tmpfs", masked[i], "tmpfs", MS_RDONLY, "nr_blocks=1,nr_inodes=1"));
}

static void enter_root(void) {
  int old = open("/", O_DIRECTORY | O_PATH | O_CLOEXEC);
  MUST(old);
  MUST(syscall(SYS_pivot_root, ".", "."));
  MUST(fchdir(old));
  MUST(mount(NULL, ".", NULL, MS_REC | MS_SLAVE, NULL));
  MUST(umount2(".", MNT_DETACH));
  MUST(chdir("/"));
  MUST(mount(NULL, "/", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL));
}

static void bring_up_loopback(void) {
  struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  MUST(fd);
  MUST(ioctl(fd, SIOCSIFFLAGS, &request));
  close(fd);
}

static void drop_privileges(void) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct data[2] = {{.effective = KEPT, .permitted = KEPT}, {0}};
  for (int capability = 0; capability <= LAST_CAPABILITY; capability++)
    if (capability > 31 || !(KEPT >> capability & 1)) MUST(prctl(PR_CAPBSET_DROP, capability, 0, 0, 0));
  MUST(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0));
  MUST(setgroups(0, NULL));
  MUST(setresgid(0, 0, 0));
  MUST(setresuid(0, 0, 0));
  MUST(syscall(SYS_capset, &header, data));
  MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
}

static void execute(void) {
  char *environment[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm", "HOME=/root", NULL};
  MUST(syscall(SYS_close_range, 3, ~0u, CLOSE_RANGE_CLOEXEC));
  execve(program[0], program, environment);
  fail(__LINE__);
}

static void await(int fd) {
  char byte;
  MUST(read(fd, &byte, 1));
}

static int parked[2];

static void be_init(int fifo) {
  struct rlimit files = {1024, 1024};
  join_cgroups();
  MUST(setsid());
  syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, "floor", 0, 0, 0);
  bring_up_loopback();
  umask(0);
  make_mounts();
  hide();
  enter_root();
  umask(022);
  MUST(sethostname("floor", 5));
  MUST(prlimit(0, RLIMIT_NOFILE, &files, NULL));
  drop_privileges();
  if (fifo >= 0) {
    MUST(write(parked[1], "0", 1));
    await(fifo);
  }
  execute();
}

// --- The commands

static pid_t clone_process(uint64_t flags, int *pidfd, int cgroup) {
  struct clone_args arguments = {.flags = flags | CLONE_PIDFD, .pidfd = (uintptr_t)pidfd, .exit_signal = SIGCHLD};
  if (cgroup >= 0) arguments.flags |= CLONE_INTO_CGROUP, arguments.cgroup = (uint64_t)cgroup;
  pid_t pid = (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
  MUST(pid);
  return pid;
}

static int wait_for(pid_t pid) {
  int status;
  MUST(waitpid(pid, &status, 0));
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static const char *fifo_path(void) {
  static char path[PATH];
  snprintf(path, sizeof path, "/tmp/%s", base(name));
  return path;
}

// With `parks` it returns once the process is set up and waits, as `create` does.
static pid_t start_init(int parks) {
  int pidfd, fifo = -1;
  char byte;
  if (parks) {
    MUST(pipe2(parked, O_CLOEXEC));
    MUST(mkfifo(fifo_path(), 0600));
    fifo = open(fifo_path(), O_RDWR | O_CLOEXEC);
    MUST(fifo);
  }
  make_cgroups();
  uint64_t namespaces = CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNS;
  pid_t pid = clone_process(namespaces, &pidfd, unified_descriptor());
  if (pid == 0) be_init(fifo);
  if (parks) MUST(read(parked[0], &byte, 1));
  return pid;
}

static pid_t member(void) {
  char text[16] = "";
  int fd = open(file_in(hierarchies[0], "cgroup.procs"), O_RDONLY | O_CLOEXEC);
  MUST(fd);
  MUST(read(fd, text, sizeof text - 1));
  close(fd);
  return atoi(text);
}

static int release(void) {
  put(fifo_path(), "0");
  MUST(unlink(fifo_path()));
  return 0;
}

static int destroy(void) {
  struct pollfd ended = {.events = POLLIN};
  MUST(ended.fd = (int)syscall(SYS_pidfd_open, member(), 0));
  MUST(syscall(SYS_pidfd_send_signal, ended.fd, SIGKILL, NULL, 0));
  MUST(poll(&ended, 1, 5000));
  remove_cgroups();
  return 0;
}

static int enter(void) {
  int pidfd, target = (int)syscall(SYS_pidfd_open, member(), 0);
  MUST(target);
  MUST(setns(target, CLONE_NEWPID));
  pid_t pid = clone_process(0, &pidfd, unified_descriptor());
  if (pid == 0) {
    join_cgroups();
    MUST(setsid());
    MUST(setns(target, CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNS));
    MUST(chdir("/"));
    drop_privileges();
    execute();
  }
  return wait_for(pid);
}

int main(int argc, char **argv) {
  if (argc > 1 && !strcmp(argv[1], "version")) return write(1, "floor\n", 6) != 6;
  if (argc < 5) return 2;
  rootfs = argv[2], name = argv[3];
  int next = 4;
  for (; next < argc && strcmp(argv[next], "--") && hierarchy_count < MAX_HIERARCHIES; next++)
    hierarchies[hierarchy_count++] = argv[next];
  program = argv + next + (next < argc);
  if (!strcmp(argv[1], "create")) return start_init(1) < 0;
  if (!strcmp(argv[1], "start")) return release();
  if (!strcmp(argv[1], "delete")) return destroy();
  if (!strcmp(argv[1], "exec")) return enter();
  int code = wait_for(start_init(0));
  remove_cgroups();
  return code;
}
