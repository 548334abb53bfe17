import CLinux
public import Domain
import Linux
public import Ports

/// Opens namespaces by process and by path.
public final class LinuxNamespaceJoiner: NamespaceJoiner {
  /// Makes a joiner.
  public init() {}

  public func open(_ process: ProcessIdentity) throws(NamespaceError) -> Int32 {
    do throws(Errno) {
      return try Processes.open(process).release()
    } catch {
      if error == .noSuchProcess { throw .processGone(process) }
      throw .system(SystemFailure(call: "pidfd_open", subject: "\(process.pid)", errno: error))
    }
  }

  public func open(_ type: NamespaceType, path: String) throws(NamespaceError) -> Int32 {
    let opened: Descriptor
    do throws(Errno) {
      // A path may name anything: a fifo or a terminal must neither block nor be taken.
      opened = try Files.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY)
    } catch {
      throw .system(SystemFailure(call: "openat", subject: path, errno: error))
    }
    do throws(Errno) {
      let kind = try call(Int32(SYS_ioctl), Int(opened.number), LinuxNamespaceJoiner.getType)
      guard UInt64(kind) == type.flag else { throw .invalidArgument }
    } catch {
      throw .wrongType(expected: type, path: path)
    }
    return opened.release()
  }

  /// `NS_GET_NSTYPE`.
  private static let getType = 0xB703
}
