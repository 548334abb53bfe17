import CLinux
public import Domain
import Linux
public import Ports

/// Moves network devices by netlink.
public final class NetlinkDevices: NetworkDevices {
  /// Opens nothing yet.
  public init() {}

  public func move(_ devices: [NetDevice], to process: ProcessIdentity) throws(NetworkDeviceError) {
    guard let first = devices.first else { return }
    let ends = try NetworkDeviceError.naming(first.hostName, "setns") { () throws(Errno) in
      try Ends(process)
    }
    var moved: [Transfer] = []
    do throws(NetworkDeviceError) {
      for device in devices { moved.append(try NetlinkDevices.move(device, ends)) }
    } catch {
      for transfer in moved.reversed() { transfer.revert(ends, from: transfer.device.finalName) }
      throw error
    }
  }

  private static func move(_ device: NetDevice, _ ends: borrowing Ends) throws(NetworkDeviceError) -> Transfer
  {
    let name = device.hostName
    let link: Link
    do throws(Errno) {
      link = try ends.here.link(named: name)
    } catch {
      guard error == .noSuchDevice else {
        throw .system(device: name, SystemFailure(call: "RTM_GETLINK", subject: name, errno: error))
      }
      throw .missing(name)
    }
    // Before it goes down: then the kernel forgets addresses of version 6.
    let addresses = try NetworkDeviceError.naming(name, "RTM_GETADDR") { () throws(Errno) in
      try ends.here.addresses(of: link.index).filter(\.moves)
    }
    let transfer = Transfer(device: device, wasUp: link.isUp, addresses: addresses)
    do throws(Errno) {
      try checkFree(device.finalName, ends)
      try ends.here.move(link.index, to: ends.target.number, as: device.finalName)
    } catch {
      // The kernel moves first, and may then refuse the name.
      if (try? ends.here.link(named: name)) == nil { transfer.revert(ends, from: name) }
      throw .system(device: name, SystemFailure(call: "RTM_NEWLINK", subject: device.finalName, errno: error))
    }
    do throws(Errno) {
      try transfer.settle(in: ends.there, as: device.finalName, isUp: true)
    } catch {
      transfer.revert(ends, from: device.finalName)
      throw .system(device: name, SystemFailure(call: "RTM_NEWADDR", subject: device.finalName, errno: error))
    }
    return transfer
  }

  /// Nobody else has the name where the device goes.
  private static func checkFree(_ name: String, _ ends: borrowing Ends) throws(Errno) {
    do throws(Errno) {
      _ = try ends.there.link(named: name)
    } catch {
      guard error == .noSuchDevice else { throw error }
      return
    }
    throw .fileExists
  }
}

/// A device that has moved, and what it was before.
private struct Transfer {
  let device: NetDevice
  let wasUp: Bool
  let addresses: [Address]

  /// Gives it what it had, where it is now.
  func settle(in socket: NetlinkSocket, as name: String, isUp: Bool) throws(Errno) {
    // Its number may be another one.
    let index = try socket.link(named: name).index
    for address in addresses { try socket.add(address, to: index) }
    if isUp { try socket.raise(index) }
  }

  /// Brings it back from where it has a name, as far as that goes: there is a failure to tell of already.
  func revert(_ ends: borrowing Ends, from name: String) {
    guard let index = try? ends.there.link(named: name).index else { return }
    try? ends.there.move(index, to: ends.home.number, as: device.hostName)
    try? settle(in: ends.here, as: device.hostName, isUp: wasUp)
  }
}

/// Both network namespaces, each with a socket in it.
private struct Ends: ~Copyable {
  let home: Descriptor
  let target: Descriptor
  let here: NetlinkSocket
  let there: NetlinkSocket

  /// Opens them. The caller is in the namespace of the process for the time of one call; the corresponding
  /// system call is `setns`.
  init(_ process: ProcessIdentity) throws(Errno) {
    let procfs = try Procfs()
    // The calling thread's, which need not be that of the process's first one.
    let home = try procfs.openMagicLink(directory: "thread-self/ns", "net", O_RDONLY)
    let target = try procfs.openMagicLink(directory: "\(process.pid)/ns", "net", O_RDONLY)
    // Whoever has the number now is the process, or it is gone.
    guard try Processes.stat(process.pid).startTime == process.startTime else { throw .noSuchProcess }
    let here = try NetlinkSocket()
    let there = try Ends.socket(in: target.number, from: home.number)
    self.home = consume home
    self.target = consume target
    self.here = here
    self.there = there
  }

  private static func socket(in target: Int32, from home: Int32) throws(Errno) -> NetlinkSocket {
    _ = try call(Int32(SYS_setns), Int(target), Int(CLONE_NEWNET))
    var socket: NetlinkSocket?
    var failure: Errno?
    do throws(Errno) { socket = try NetlinkSocket() } catch { failure = error }
    _ = try call(Int32(SYS_setns), Int(home), Int(CLONE_NEWNET))
    if let failure { throw failure }
    guard let socket else { throw .invalidArgument }
    return socket
  }
}

extension NetworkDeviceError {
  fileprivate static func naming<Value: ~Copyable>(
    _ device: String, _ call: String, _ body: () throws(Errno) -> Value
  ) throws(NetworkDeviceError) -> Value {
    do throws(Errno) {
      return try body()
    } catch {
      throw .system(device: device, SystemFailure(call: call, subject: device, errno: error))
    }
  }
}
