// The process of a container that tells what it sees, as one JSON object on its standard output.
//
//   probe [@PATH | =FILE | +SYSCTL | !CODE] ...   looks at these paths, reads these files and kernel parameters
//                                         too; ends with the code
//   probe hook LABEL FILE                 as a hook: appends what it sees and its standard input to the file
//
// Static, and needs nothing but a kernel: what is not there (no /proc, a refused call) is shown as such.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

extern char **environ;
static FILE *out;
static int first = 1;

// ---- writing JSON ----

static void comma(void) {
  if (!first) fputc(',', out);
  first = 0;
}

static void text(const char *s, size_t length) {
  fputc('"', out);
  for (size_t i = 0; i < length; i++) {
    unsigned char c = (unsigned char)s[i];
    if (c == '"' || c == '\\') fprintf(out, "\\%c", c);
    else if (c < 32 || c > 126) fprintf(out, "\\u%04x", c);
    else fputc(c, out);
  }
  fputc('"', out);
}

static void key(const char *name) {
  comma();
  text(name, strlen(name));
  fputc(':', out);
}

static void open_group(const char *name, char bracket) {
  if (name) key(name);
  else comma();
  fputc(bracket, out);
  first = 1;
}

static void close_group(char bracket) {
  fputc(bracket, out);
  first = 0;
}

static void string(const char *name, const char *value) {
  if (name) key(name);
  else comma();
  text(value, strlen(value));
}

static void formatted(const char *name, const char *format, ...) {
  char buffer[4096];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(buffer, sizeof buffer, format, arguments);
  va_end(arguments);
  string(name, buffer);
}

static void number(const char *name, long long value) {
  if (name) key(name);
  else comma();
  fprintf(out, "%lld", value);
}

static const char *errno_name(int value) {
  const char *name = value == 0 ? "ok" : strerrorname_np(value);
  return name ? name : "unknown errno";
}

// The content of a small file, without the last newline, or the name of the error.
static void file(const char *name, const char *path) {
  static char buffer[1 << 18];
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return string(name, errno_name(errno));
  size_t length = 0;
  ssize_t got;
  while (length < sizeof buffer && (got = read(fd, buffer + length, sizeof buffer - length)) > 0) length += (size_t)got;
  if (got < 0) string(name, errno_name(errno));
  else {
    if (length && buffer[length - 1] == '\n') length--;
    key(name);
    text(buffer, length);
  }
  close(fd);
}

// ---- what the process is ----

static void credentials(void) {
  uid_t r, e, s;
  gid_t groups[1024], a, b, c;
  getresuid(&r, &e, &s);
  getresgid(&a, &b, &c);
  formatted("uid", "%u %u %u", r, e, s);
  formatted("gid", "%u %u %u", a, b, c);
  open_group("groups", '[');
  int count = getgroups(1024, groups);
  for (int i = 0; i < count; i++) number(NULL, groups[i]);
  close_group(']');
  mode_t mask = umask(0);
  umask(mask);
  formatted("umask", "%04o", mask);
  number("no_new_privs", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
  number("securebits", prctl(PR_GET_SECUREBITS));
  number("keepcaps", prctl(PR_GET_KEEPCAPS));
  number("dumpable", prctl(PR_GET_DUMPABLE));
  int death = 0, reaper = 0;
  prctl(PR_GET_PDEATHSIG, &death);
  prctl(PR_GET_CHILD_SUBREAPER, &reaper);
  number("pdeathsig", death);
  number("subreaper", reaper);
  number("timerslack", prctl(PR_GET_TIMERSLACK));
  number("thp_disable", prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0));
  number("speculation_store_bypass", prctl(PR_GET_SPECULATION_CTRL, 0, 0, 0, 0));
}

static void capabilities(void) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct data[2] = {{0}};
  syscall(SYS_capget, &header, data);
  open_group("capabilities", '{');
  formatted("effective", "%08x%08x", data[1].effective, data[0].effective);
  formatted("permitted", "%08x%08x", data[1].permitted, data[0].permitted);
  formatted("inheritable", "%08x%08x", data[1].inheritable, data[0].inheritable);
  uint64_t bounding = 0, ambient = 0;
  for (unsigned i = 0; i < 64; i++) {
    if (prctl(PR_CAPBSET_READ, i, 0, 0, 0) == 1) bounding |= 1ull << i;
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, i, 0, 0) == 1) ambient |= 1ull << i;
  }
  formatted("bounding", "%016llx", (unsigned long long)bounding);
  formatted("ambient", "%016llx", (unsigned long long)ambient);
  close_group('}');
}

static void limits(void) {
  static const char *names[] = {"CPU", "FSIZE", "DATA", "STACK", "CORE", "RSS", "NPROC", "NOFILE",
    "MEMLOCK", "AS", "LOCKS", "SIGPENDING", "MSGQUEUE", "NICE", "RTPRIO", "RTTIME"};
  open_group("rlimits", '{');
  for (int i = 0; i < 16; i++) {
    struct rlimit limit;
    if (getrlimit((__rlimit_resource_t)i, &limit)) string(names[i], errno_name(errno));
    else formatted(names[i], "%lld %lld", (long long)limit.rlim_cur, (long long)limit.rlim_max);
  }
  close_group('}');
}

struct scheduling {
  uint32_t size, policy;
  uint64_t flags;
  int32_t nice;
  uint32_t priority;
  uint64_t runtime, deadline, period;
  uint32_t minimum, maximum;
};

static void scheduling(void) {
  struct scheduling attributes = {0};
  open_group("scheduling", '{');
  if (syscall(SYS_sched_getattr, 0, &attributes, sizeof attributes, 0)) string("attributes", errno_name(errno));
  else
    formatted("attributes", "policy %u flags %llu nice %d priority %u runtime %llu deadline %llu period %llu",
      attributes.policy, (unsigned long long)attributes.flags, attributes.nice, attributes.priority,
      attributes.policy == 6 ? (unsigned long long)attributes.runtime : 0,
      (unsigned long long)attributes.deadline, (unsigned long long)attributes.period);
  number("ioprio", syscall(SYS_ioprio_get, 1, 0));
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set)) string("affinity", errno_name(errno));
  else {
    open_group("affinity", '[');
    for (int i = 0; i < CPU_SETSIZE; i++)
      if (CPU_ISSET(i, &set)) number(NULL, i);
    close_group(']');
  }
  formatted("personality", "%x", personality(0xffffffff));
  int mode = -1;
  unsigned long nodes[16] = {0};
  if (syscall(SYS_get_mempolicy, &mode, nodes, sizeof nodes * 8, NULL, 0)) string("mempolicy", errno_name(errno));
  else formatted("mempolicy", "%d %lx", mode, nodes[0]);
  close_group('}');
}

static void signals(void) {
  sigset_t blocked;
  sigprocmask(SIG_SETMASK, NULL, &blocked);
  open_group("signals_blocked", '[');
  for (int i = 1; i < 65; i++)
    if (sigismember(&blocked, i) == 1) number(NULL, i);
  close_group(']');
  open_group("signals_ignored", '[');
  for (int i = 1; i < 65; i++) {
    struct sigaction action;
    if (!sigaction(i, NULL, &action) && action.sa_handler == SIG_IGN) number(NULL, i);
  }
  close_group(']');
}

static const char *kind_of(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFREG: return "file";
    case S_IFDIR: return "directory";
    case S_IFLNK: return "link";
    case S_IFCHR: return "character device";
    case S_IFBLK: return "block device";
    case S_IFIFO: return "fifo";
    default: return "socket";
  }
}

static void descriptors(void) {
  open_group("descriptors", '{');
  for (int fd = 0; fd < 1024; fd++) {
    struct stat status;
    int flags = fcntl(fd, F_GETFD);
    if (flags < 0 || fd == fileno(out) || fstat(fd, &status)) continue;
    char name[16];
    snprintf(name, sizeof name, "%d", fd);
    int mode = fcntl(fd, F_GETFL);
    formatted(name, "%s%s%s access %d owner %u tty %d", kind_of(status.st_mode), flags & FD_CLOEXEC ? " cloexec" : "",
      mode & O_NONBLOCK ? " nonblock" : "", mode & O_ACCMODE, fd < 3 ? status.st_uid : 0, isatty(fd));
  }
  close_group('}');
  struct winsize size = {0};
  if (isatty(0) && !ioctl(0, TIOCGWINSZ, &size)) formatted("window", "%u %u", size.ws_row, size.ws_col);
  struct termios terminal;
  if (isatty(0) && !tcgetattr(0, &terminal))
    formatted("terminal", "i %x o %x l %x", terminal.c_iflag, terminal.c_oflag, terminal.c_lflag);
  int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
  string("controlling_terminal", tty < 0 ? errno_name(errno) : "ok");
  if (tty >= 0) close(tty);
}

static void keyring(void) {
  char description[512] = "";
  long got = syscall(SYS_keyctl, 6, -3L, description, sizeof description - 1, 0);
  string("keyring", got < 0 ? errno_name(errno) : description);
  long id = syscall(SYS_keyctl, 0, -3L, 0, 0, 0), user = syscall(SYS_keyctl, 0, -5L, 0, 0, 0);
  string("keyring_is", id < 0 ? "none" : id == user ? "user session" : "own session");
}

static void identity(void) {
  struct utsname name;
  uname(&name);
  string("hostname", name.nodename);
  string("domainname", name.domainname);
  string("machine", name.machine);
  char path[4096];
  string("cwd", getcwd(path, sizeof path) ? path : errno_name(errno));
  number("pid", getpid());
  formatted("parent", "%d", getppid());
  string("session", getsid(0) == getpid() ? "leader" : "member");
  string("group", getpgid(0) == getpid() ? "leader" : "member");
}

static void list_of(const char *name, char **entries) {
  open_group(name, '[');
  for (; *entries; entries++) string(NULL, *entries);
  close_group(']');
}

static void namespaces(void) {
  static const char *names[] = {"cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"};
  open_group("namespaces", '{');
  for (int i = 0; i < 8; i++) {
    char path[64], target[128];
    snprintf(path, sizeof path, "/proc/self/ns/%s", names[i]);
    ssize_t length = readlink(path, target, sizeof target - 1);
    target[length < 0 ? 0 : length] = 0;
    string(names[i], length < 0 ? errno_name(errno) : target);
  }
  close_group('}');
}

static void files_of_proc(void) {
  static const char *names[] = {"mountinfo", "cgroup", "uid_map", "gid_map", "setgroups", "timens_offsets",
    "oom_score_adj", "attr/current", "coredump_filter", "status", "comm"};
  open_group("proc", '{');
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    char path[64];
    snprintf(path, sizeof path, "/proc/self/%s", names[i]);
    file(names[i], path);
  }
  close_group('}');
}

static void interfaces(void) {
  open_group("interfaces", '{');
  struct if_nameindex *all = if_nameindex();
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  for (struct if_nameindex *one = all; one && one->if_index; one++) {
    struct ifreq request = {0};
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", one->if_name);
    if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &request)) string(one->if_name, "unknown");
    else string(one->if_name, request.ifr_flags & IFF_UP ? "up" : "down");
  }
  close_group('}');
  if (all) if_freenameindex(all);
  if (fd >= 0) close(fd);
}

// ---- what is in the file system ----

static void node(const char *name, const char *path) {
  struct stat status;
  if (lstat(path, &status)) return string(name, errno_name(errno));
  char target[512] = "";
  if (S_ISLNK(status.st_mode)) {
    ssize_t length = readlink(path, target, sizeof target - 1);
    target[length < 0 ? 0 : length] = 0;
  }
  formatted(name, "%s %04o %u:%u%s%s", kind_of(status.st_mode), status.st_mode & 07777, status.st_uid, status.st_gid,
    *target ? " -> " : "", target);
  if (S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode)) {
    char more[512];
    snprintf(more, sizeof more, "%s number", name);
    formatted(more, "%u:%u", major(status.st_rdev), minor(status.st_rdev));
    snprintf(more, sizeof more, "%s opened", name);
    // Only harmless devices are opened: the memory devices and the terminals.
    unsigned kind = major(status.st_rdev);
    if (S_ISCHR(status.st_mode) && (kind == 1 || kind == 5)) {
      int fd = open(path, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
      string(more, fd < 0 ? errno_name(errno) : "ok");
      if (fd >= 0) close(fd);
    }
  }
}

static void directory(const char *name, const char *path) {
  struct dirent **entries;
  int count = scandir(path, &entries, NULL, alphasort);
  if (count < 0) return string(name, errno_name(errno));
  open_group(name, '{');
  for (int i = 0; i < count; i++) {
    const char *entry = entries[i]->d_name;
    if (!strcmp(entry, ".") || !strcmp(entry, "..")) continue;
    char below[1024];
    snprintf(below, sizeof below, "%s/%s", strcmp(path, "/") ? path : "", entry);
    node(entry, below);
  }
  close_group('}');
}

// What can be done with a path: read it, write to it, make something in it.
static void path(const char *path) {
  char buffer[4096];
  struct stat status;
  open_group(path, '{');
  node("node", path);
  if (stat(path, &status)) {
    string("follows", errno_name(errno));
    return close_group('}');
  }
  string("follows", kind_of(status.st_mode));
  int is_directory = S_ISDIR(status.st_mode);
  int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | (is_directory ? O_DIRECTORY : 0));
  string("read", fd < 0 ? errno_name(errno) : "ok");
  if (fd >= 0 && !is_directory) {
    ssize_t length = read(fd, buffer, sizeof buffer);
    formatted("bytes", "%s", length < 0 ? errno_name(errno) : length == 0 ? "none" : "some");
  }
  if (fd >= 0 && is_directory) directory("entries", path);
  if (fd >= 0) close(fd);
  if (is_directory) {
    snprintf(buffer, sizeof buffer, "%s/probe-made", path);
    int made = mkdir(buffer, 0755) ? errno : 0;
    if (!made) rmdir(buffer);
    string("make", errno_name(made));
  } else {
    fd = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    string("write", fd < 0 ? errno_name(errno) : "ok");
    if (fd >= 0) close(fd);
  }
  string("execute", access(path, X_OK) ? errno_name(errno) : "ok");
  close_group('}');
}

// ---- what the kernel answers ----

static int bound_port(long port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port),
    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (fd < 0) return -1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  return bind(fd, (struct sockaddr *)&address, sizeof address);
}

static long call32(long number, long argument) {
  long result = -ENOSYS;
#if defined(__x86_64__)
  __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(argument), "c"(0L), "d"(0L) : "memory", "r8", "r9", "r10", "r11");
#endif
  if (result < 0 && result > -4096) { errno = (int)-result; return -1; }
  return result;
}

// Calls that change nothing outside the child that makes them, or that fail for another reason than a right.
static const struct { const char *name; long number, a, b, c, d, e; } CALLS[] = {
  {"getpid", SYS_getpid}, {"mkdir", SYS_mkdir, (long)"/", 0755}, {"chmod", SYS_chmod, (long)"/none", 0},
  {"chroot", SYS_chroot, (long)"/"}, {"mount", SYS_mount, (long)"x", (long)"/", (long)"nosuchfs"},
  {"umount2", SYS_umount2, (long)"/none"}, {"pivot_root", SYS_pivot_root, (long)"/none", (long)"/none"},
  {"unshare none", SYS_unshare}, {"unshare mount", SYS_unshare, CLONE_NEWNS},
  {"unshare user", SYS_unshare, CLONE_NEWUSER}, {"unshare net", SYS_unshare, CLONE_NEWNET},
  {"setns", SYS_setns, -1}, {"bpf", SYS_bpf, 0, 0, 0}, {"perf_event_open", SYS_perf_event_open, 0, 0, 0, -1},
  {"ptrace", SYS_ptrace, 0}, {"process_vm_readv", SYS_process_vm_readv, 1},
  {"kcmp", SYS_kcmp, 1, 1, 99}, {"keyctl", SYS_keyctl, 0, -3},
  {"add_key", SYS_add_key, (long)"user", (long)"probe", (long)"x", 1, -1},
  {"reboot", SYS_reboot}, {"swapon", SYS_swapon}, {"init_module", SYS_init_module},
  {"delete_module", SYS_delete_module, (long)"none"}, {"acct", SYS_acct, (long)"/none"},
  {"setuid", SYS_setuid, 12345}, {"setgid", SYS_setgid, 12345}, {"setgroups", SYS_setgroups, 0},
  {"setpriority", SYS_setpriority, 0, 0, -1}, {"sched_setscheduler", SYS_sched_setscheduler, 0, 1, 0},
  {"open_by_handle_at", SYS_open_by_handle_at, -1}, {"syslog", SYS_syslog, 10},
  {"socket raw", SYS_socket, AF_INET, SOCK_RAW, IPPROTO_ICMP}, {"socket packet", SYS_socket, AF_PACKET, SOCK_RAW, 0},
  {"socket inet", SYS_socket, AF_INET, SOCK_STREAM, 0}, {"socket unix", SYS_socket, AF_UNIX, SOCK_STREAM, 0},
  {"socket vsock", SYS_socket, 40, SOCK_STREAM, 0}, {"socket alg", SYS_socket, 38, SOCK_SEQPACKET, 0},
  {"socket netlink", SYS_socket, AF_NETLINK, SOCK_RAW, 9}, {"kill 1", SYS_kill, 1, 0},
  {"personality", SYS_personality, 0xffffffff}, {"personality 32", SYS_personality, 8},
  {"userfaultfd", SYS_userfaultfd, 0}, {"io_uring_setup", SYS_io_uring_setup, 1}, {"clone3", SYS_clone3},
  {"openat2", 437, -1}, {"close_range", 436, 2, 1}, {"faccessat2", 439, -100, (long)"/"},
  {"memfd_create", SYS_memfd_create, (long)"probe"}, {"execveat", SYS_execveat, -1, (long)"none"},
  {"fsopen", 430, (long)"nosuchfs"}, {"open_tree", 428, -100, (long)"/none", 1},
  {"fanotify_init", SYS_fanotify_init, 0, 0}, {"statmount", 457}, {"mseal", 462}, {"file_getattr", 468, -100},
  {"number 600", 600}, {"number 9999", 9999}, {"clock_settime", SYS_clock_settime, CLOCK_MONOTONIC},
  {"iopl", SYS_iopl, 0}, {"quotactl", SYS_quotactl, -1}, {"fchmodat", SYS_fchmodat, -100, (long)"/none"},
  {"x32 getpid", SYS_getpid | 0x40000000},
};

// The outcome of one call in a process of its own: ok, an errno, or the signal that ended it.
static void attempt(const char *name, int (*function)(long), long a, size_t index) {
  fflush(out);
  pid_t child = fork();
  if (child < 0) return string(name, "no fork");
  if (child == 0) {
    long result = function ? function(a)
      : syscall(CALLS[index].number, CALLS[index].a, CALLS[index].b, CALLS[index].c, CALLS[index].d, CALLS[index].e);
    _exit(result < 0 ? errno & 0xff : 0);
  }
  int status = 0;
  if (waitpid(child, &status, 0) != child) string(name, "lost");
  else if (WIFSIGNALED(status)) formatted(name, "SIG%s", sigabbrev_np(WTERMSIG(status)));
  else string(name, errno_name(WEXITSTATUS(status)));
}

static int call32_getpid(long unused) { (void)unused; return call32(20, 0) < 0 ? -1 : 0; }
static int call32_mkdir(long unused) { (void)unused; return call32(39, 0) < 0 ? -1 : 0; }

static void calls(void) {
  open_group("calls", '{');
  for (size_t i = 0; i < sizeof CALLS / sizeof *CALLS; i++) attempt(CALLS[i].name, NULL, 0, i);
  attempt("bind port 80", bound_port, 80, 0);
  attempt("i386 getpid", call32_getpid, 0, 0);
  attempt("i386 mkdir", call32_mkdir, 0, 0);
  close_group('}');
}

static void content(const char *path) { file(path, path); }

static void sysctl(const char *name) {
  char path[512];
  snprintf(path, sizeof path, "/proc/sys/%s", name);
  file(name, path);
}

static void arguments_of(char **argv, char mark, const char *name, void (*show)(const char *)) {
  open_group(name, '{');
  for (char **one = argv + 1; *one; one++)
    if ((*one)[0] == mark) show(*one + 1);
  close_group('}');
}

static int main_of_hook(const char *label, const char *path) {
  static char input[1 << 16];
  size_t length = 0;
  ssize_t got;
  while (length < sizeof input && (got = read(0, input + length, sizeof input - length)) > 0) length += (size_t)got;
  int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
  if (fd < 0 || !(out = fdopen(fd, "a"))) return 9;
  fputc('{', out);
  string("label", label);
  key("input");
  text(input, length);
  identity();
  credentials();
  capabilities();
  namespaces();
  descriptors();
  list_of("environment", environ);
  node("root", "/");
  file("mountinfo", "/proc/self/mountinfo");
  fputs("}\n", out);
  return fclose(out) ? 9 : 0;
}

int main(int argc, char **argv) {
  int code = 0;
  if (argc == 4 && !strcmp(argv[1], "hook")) return main_of_hook(argv[2], argv[3]);
  // The output is built in memory first: so the list of descriptors is the process's own.
  static char *built;
  static size_t size;
  out = open_memstream(&built, &size);
  if (!out) return 9;
  fputc('{', out);
  descriptors();
  credentials();
  capabilities();
  identity();
  list_of("arguments", argv);
  list_of("environment", environ);
  limits();
  scheduling();
  signals();
  keyring();
  namespaces();
  files_of_proc();
  interfaces();
  directory("root", "/");
  directory("dev", "/dev");
  arguments_of(argv, '@', "paths", path);
  arguments_of(argv, '=', "files", content);
  arguments_of(argv, '+', "sysctls", sysctl);
  calls();
  fputs("}\n", out);
  fclose(out);
  for (char **one = argv + 1; *one; one++)
    if ((*one)[0] == '!') code = atoi(*one + 1);
  for (size_t done = 0; done < size;) {
    ssize_t wrote = write(1, built + done, size - done);
    if (wrote < 0) return 9;
    done += (size_t)wrote;
  }
  return code;
}
