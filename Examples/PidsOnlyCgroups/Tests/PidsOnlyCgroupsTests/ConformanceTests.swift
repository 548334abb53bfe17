import Domain
import Glibc
import PidsOnlyCgroups
import PortConformance
import Ports
import Testing

@Test("the backend conforms to its port", .enabled(if: getuid() == 0, "cgroups are made by root"))
func conforms() throws {
  let place = "/martlet-test/pids-only-\(getpid())"
  let request = CgroupRequest(id: try ContainerID("pids-only"), path: place)
  let conformance = CgroupManagerConformance(
    request: request, make: { PidsOnlyCgroups() }, startProcess: startSleeper,
    reap: { pid in
      kill(pid, SIGKILL)
      waitpid(pid, nil, 0)
    })
  #expect(conformance.run() == [])
  rmdir("/sys/fs/cgroup/pids/martlet-test")
}

private func startSleeper() -> Int32 {
  var pid: pid_t = 0
  var arguments: [UnsafeMutablePointer<CChar>?] = [strdup("sleep"), strdup("1000"), nil]
  defer { arguments.forEach { free($0) } }
  posix_spawn(&pid, "/bin/sleep", nil, nil, &arguments, environ)
  return pid
}
