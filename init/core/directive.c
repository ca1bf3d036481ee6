/* SPDX-License-Identifier: MIT */
/* The table of directives. */
#include "core/directive.h"

#include "core/unit.h"

#include <sys/resource.h>

#define IN_UNIT SECTION_UNIT
#define IN_SERVICE SECTION_SERVICE
#define IN_INSTALL SECTION_INSTALL
#define IN_PORTHOLE SECTION_PORTHOLE
#define IN_EITHER \
    (SECTION_UNIT | SECTION_SERVICE) /* moved from one to the other, and still known in both */

/* In the order of their bytes, for binary search: section, key, what reads its value, and that one's argument. */
#define DIRECTIVES(X) \
    X(UNIT, After, DEPS, DEP_AFTER) \
    X(INSTALL, Alias, INSTALL, DEP_KIND_COUNT) \
    X(UNIT, AllowIsolate, REFUSED, NOTE_MANUAL | UNLESS_NO) \
    X(SERVICE, AllowedCPUs, REFUSED, NOTE_RESOURCE) \
    X(SERVICE, AllowedMemoryNodes, REFUSED, NOTE_RESOURCE) \
    X(INSTALL, Also, IGNORED, NOTE_ENABLING) \
    X(SERVICE, AmbientCapabilities, CAPS, 1) \
    X(SERVICE, AppArmorProfile, REFUSED, NOTE_CONFINE) \
    X(UNIT, AssertACPower, REFUSED, NOTE_CONDITION) \
    X(UNIT, AssertArchitecture, REFUSED, NOTE_CONDITION) \
    X(UNIT, AssertCPUFeature, REFUSED, NOTE_CONDITION) \
    X(UNIT, AssertCPUPressure, REFUSED, NOTE_CONDITION) \
    X(UNIT, AssertCPUs, REFUSED, NOTE_CONDITION) \
    X(UNIT, AssertCapability, REFUSED, NOTE_CONDITION) \
    X(UNIT, AssertControlGroupController, REFUSED, NOTE_CONDITION) \
    X(UNIT, AssertCredential, REFUSED, NOTE_CONDITION) \
    X(UNIT, AssertDirectoryNotEmpty, REFUSED, NOTE_CONDITION) \
    X(UNIT, AssertEnvironment, REFUSED, NOTE_CONDITION) \
    X(UNIT, AssertFileIsExecutable, REFUSED, NOTE_CONDITION) \
    X(UNIT, AssertFileNotEmpty, REFUSED, NOTE_CONDITION) \
    X(UNIT, AssertFirstBoot, REFUSED, NOTE_CONDITION) \
    X(UNIT, AssertGroup, REFUSED, NOTE_CONDITION) \
    X(UNIT, AssertHost, REFUSED, NOTE_CONDITION) \
    X(UNIT, AssertIOPressure, REFUSED, NOTE_CONDITION) \
    X(UNIT, AssertKernelCommandLine, REFUSED, NOTE_CONDITION) \
    X(UNIT, AssertKernelVersion, REFUSED, NOTE_CONDITION) \
    X(UNIT, AssertMemory, REFUSED, NOTE_CONDITION) \
    X(UNIT, AssertMemoryPressure, REFUSED, NOTE_CONDITION) \
    X(UNIT, AssertNeedsUpdate, REFUSED, NOTE_CONDITION) \
    X(UNIT, AssertOSRelease, REFUSED, NOTE_CONDITION) \
    X(UNIT, AssertPathExists, REFUSED, NOTE_CONDITION) \
    X(UNIT, AssertPathExistsGlob, REFUSED, NOTE_CONDITION) \
    X(UNIT, AssertPathIsDirectory, REFUSED, NOTE_CONDITION) \
    X(UNIT, AssertPathIsEncrypted, REFUSED, NOTE_CONDITION) \
    X(UNIT, AssertPathIsMountPoint, REFUSED, NOTE_CONDITION) \
    X(UNIT, AssertPathIsReadWrite, REFUSED, NOTE_CONDITION) \
    X(UNIT, AssertPathIsSymbolicLink, REFUSED, NOTE_CONDITION) \
    X(UNIT, AssertSecurity, REFUSED, NOTE_CONDITION) \
    X(UNIT, AssertUser, REFUSED, NOTE_CONDITION) \
    X(UNIT, AssertVirtualization, REFUSED, NOTE_CONDITION) \
    X(SERVICE, BPFProgram, REFUSED, NOTE_CONFINE) \
    X(UNIT, Before, DEPS, DEP_BEFORE) \
    X(SERVICE, BindPaths, REFUSED, NOTE_FILES) \
    X(SERVICE, BindReadOnlyPaths, REFUSED, NOTE_FILES) \
    X(UNIT, BindTo, OTHER_DEPS, NOTE_DEPENDENCY) \
    X(UNIT, BindsTo, OTHER_DEPS, NOTE_DEPENDENCY) \
    X(SERVICE, BlockIOAccounting, REFUSED, NOTE_ACCOUNTING | UNLESS_NO) \
    X(SERVICE, BlockIODeviceWeight, REFUSED, NOTE_RESOURCE) \
    X(SERVICE, BlockIOReadBandwidth, REFUSED, NOTE_RESOURCE) \
    X(SERVICE, BlockIOWeight, REFUSED, NOTE_RESOURCE) \
    X(SERVICE, BlockIOWriteBandwidth, REFUSED, NOTE_RESOURCE) \
    X(SERVICE, BusName, REFUSED, NOTE_DBUS) \
    X(SERVICE, CPUAccounting, REFUSED, NOTE_ACCOUNTING | UNLESS_NO) \
    X(SERVICE, CPUAffinity, REFUSED, NOTE_SCHEDULING) \
    X(SERVICE, CPUQuota, REFUSED, NOTE_RESOURCE) \
    X(SERVICE, CPUQuotaPeriodSec, REFUSED, NOTE_RESOURCE) \
    X(SERVICE, CPUSchedulingPolicy, REFUSED, NOTE_SCHEDULING | UNLESS_OTHER) \
    X(SERVICE, CPUSchedulingPriority, REFUSED, NOTE_SCHEDULING | UNLESS_ZERO) \
    X(SERVICE, CPUSchedulingResetOnFork, REFUSED, NOTE_SCHEDULING | UNLESS_NO) \
    X(SERVICE, CPUShares, REFUSED, NOTE_RESOURCE) \
    X(SERVICE, CPUWeight, REFUSED, NOTE_RESOURCE) \
    X(SERVICE, CacheDirectory, REFUSED, NOTE_DIRECTORY) \
    X(SERVICE, CacheDirectoryMode, REFUSED, NOTE_DIRECTORY) \
    X(SERVICE, CapabilityBoundingSet, CAPS, 0) \
    X(UNIT, CollectMode, REFUSED, NOTE_MANUAL) \
    X(UNIT, ConditionACPower, REFUSED, NOTE_CONDITION) \
    X(UNIT, ConditionArchitecture, REFUSED, NOTE_CONDITION) \
    X(UNIT, ConditionCPUFeature, REFUSED, NOTE_CONDITION) \
    X(UNIT, ConditionCPUPressure, REFUSED, NOTE_CONDITION) \
    X(UNIT, ConditionCPUs, REFUSED, NOTE_CONDITION) \
    X(UNIT, ConditionCapability, REFUSED, NOTE_CONDITION) \
    X(UNIT, ConditionControlGroupController, REFUSED, NOTE_CONDITION) \
    X(UNIT, ConditionCredential, REFUSED, NOTE_CONDITION) \
    X(UNIT, ConditionDirectoryNotEmpty, REFUSED, NOTE_CONDITION) \
    X(UNIT, ConditionEnvironment, REFUSED, NOTE_CONDITION) \
    X(UNIT, ConditionFileIsExecutable, REFUSED, NOTE_CONDITION) \
    X(UNIT, ConditionFileNotEmpty, REFUSED, NOTE_CONDITION) \
    X(UNIT, ConditionFirmware, REFUSED, NOTE_CONDITION) \
    X(UNIT, ConditionFirstBoot, REFUSED, NOTE_CONDITION) \
    X(UNIT, ConditionGroup, REFUSED, NOTE_CONDITION) \
    X(UNIT, ConditionHost, REFUSED, NOTE_CONDITION) \
    X(UNIT, ConditionIOPressure, REFUSED, NOTE_CONDITION) \
    X(UNIT, ConditionKernelCommandLine, REFUSED, NOTE_CONDITION) \
    X(UNIT, ConditionKernelVersion, REFUSED, NOTE_CONDITION) \
    X(UNIT, ConditionMemory, REFUSED, NOTE_CONDITION) \
    X(UNIT, ConditionMemoryPressure, REFUSED, NOTE_CONDITION) \
    X(UNIT, ConditionNeedsUpdate, REFUSED, NOTE_CONDITION) \
    X(UNIT, ConditionOSRelease, REFUSED, NOTE_CONDITION) \
    X(UNIT, ConditionPathExists, REFUSED, NOTE_CONDITION) \
    X(UNIT, ConditionPathExistsGlob, REFUSED, NOTE_CONDITION) \
    X(UNIT, ConditionPathIsDirectory, REFUSED, NOTE_CONDITION) \
    X(UNIT, ConditionPathIsEncrypted, REFUSED, NOTE_CONDITION) \
    X(UNIT, ConditionPathIsMountPoint, REFUSED, NOTE_CONDITION) \
    X(UNIT, ConditionPathIsReadWrite, REFUSED, NOTE_CONDITION) \
    X(UNIT, ConditionPathIsSymbolicLink, REFUSED, NOTE_CONDITION) \
    X(UNIT, ConditionSecurity, REFUSED, NOTE_CONDITION) \
    X(UNIT, ConditionUser, REFUSED, NOTE_CONDITION) \
    X(UNIT, ConditionVirtualization, REFUSED, NOTE_CONDITION) \
    X(SERVICE, ConfigurationDirectory, REFUSED, NOTE_DIRECTORY) \
    X(SERVICE, ConfigurationDirectoryMode, REFUSED, NOTE_DIRECTORY) \
    X(UNIT, Conflicts, OTHER_DEPS, NOTE_DEPENDENCY) \
    X(SERVICE, CoredumpFilter, REFUSED, NOTE_SCHEDULING) \
    X(UNIT, DefaultDependencies, IGNORED, NOTE_DEFAULT_DEPS) \
    X(INSTALL, DefaultInstance, IGNORED, NOTE_INSTANCE) \
    X(SERVICE, DefaultMemoryLow, REFUSED, NOTE_RESOURCE | UNLESS_ZERO) \
    X(SERVICE, DefaultMemoryMin, REFUSED, NOTE_RESOURCE | UNLESS_ZERO) \
    X(SERVICE, Delegate, REFUSED, NOTE_CGROUP | UNLESS_FALSE) \
    X(UNIT, Description, DESCRIPTION, 0) \
    X(SERVICE, DeviceAllow, REFUSED, NOTE_CONFINE) \
    X(SERVICE, DevicePolicy, REFUSED, NOTE_CONFINE | UNLESS_AUTO) \
    X(SERVICE, DisableControllers, REFUSED, NOTE_CGROUP) \
    X(UNIT, Documentation, IGNORED, NOTE_DOCUMENTATION) \
    X(SERVICE, DynamicUser, REFUSED, NOTE_CONFINE | UNLESS_NO) \
    X(SERVICE, Environment, ENV, 0) \
    X(SERVICE, EnvironmentFile, ENV_FILE, 0) \
    X(SERVICE, ExecCondition, REFUSED, NOTE_EXEC_CONDITION) \
    X(SERVICE, ExecPaths, REFUSED, NOTE_FILES) \
    X(SERVICE, ExecReload, RUN, RUN_RELOAD) \
    X(SERVICE, ExecSearchPath, REFUSED, NOTE_ENVIRONMENT) \
    X(SERVICE, ExecStart, RUN, RUN_START) \
    X(SERVICE, ExecStartPost, RUN, RUN_START_POST) \
    X(SERVICE, ExecStartPre, RUN, RUN_START_PRE) \
    X(SERVICE, ExecStop, RUN, RUN_STOP) \
    X(SERVICE, ExecStopPost, RUN, RUN_STOP_POST) \
    X(SERVICE, ExitType, REFUSED, NOTE_FORKING | UNLESS_MAIN) \
    X(SERVICE, ExtensionDirectories, REFUSED, NOTE_FILES) \
    X(SERVICE, ExtensionImages, REFUSED, NOTE_FILES) \
    X(EITHER, FailureAction, REFUSED, NOTE_ACTION | UNLESS_NONE) \
    X(UNIT, FailureActionExitStatus, REFUSED, NOTE_ACTION) \
    X(SERVICE, FileDescriptorStoreMax, REFUSED, NOTE_NOTIFY | UNLESS_ZERO) \
    X(SERVICE, FinalKillSignal, REFUSED, NOTE_SIGNAL) \
    X(SERVICE, Group, USER, 1) \
    X(SERVICE, GuessMainPID, REFUSED, NOTE_FORKING) \
    X(SERVICE, IOAccounting, REFUSED, NOTE_ACCOUNTING | UNLESS_NO) \
    X(SERVICE, IODeviceLatencyTargetSec, REFUSED, NOTE_RESOURCE) \
    X(SERVICE, IODeviceWeight, REFUSED, NOTE_RESOURCE) \
    X(SERVICE, IOReadBandwidthMax, REFUSED, NOTE_RESOURCE) \
    X(SERVICE, IOReadIOPSMax, REFUSED, NOTE_RESOURCE) \
    X(SERVICE, IOSchedulingClass, REFUSED, NOTE_SCHEDULING) \
    X(SERVICE, IOSchedulingPriority, REFUSED, NOTE_SCHEDULING) \
    X(SERVICE, IOWeight, REFUSED, NOTE_RESOURCE) \
    X(SERVICE, IOWriteBandwidthMax, REFUSED, NOTE_RESOURCE) \
    X(SERVICE, IOWriteIOPSMax, REFUSED, NOTE_RESOURCE) \
    X(SERVICE, IPAccounting, REFUSED, NOTE_ACCOUNTING | UNLESS_NO) \
    X(SERVICE, IPAddressAllow, REFUSED, NOTE_NETWORK) \
    X(SERVICE, IPAddressDeny, REFUSED, NOTE_NETWORK) \
    X(SERVICE, IPCNamespacePath, REFUSED, NOTE_CONFINE) \
    X(SERVICE, IPEgressFilterPath, REFUSED, NOTE_NETWORK) \
    X(SERVICE, IPIngressFilterPath, REFUSED, NOTE_NETWORK) \
    X(UNIT, IgnoreOnIsolate, REFUSED, NOTE_MANUAL | UNLESS_NO) \
    X(SERVICE, IgnoreSIGPIPE, IGNORE_SIGPIPE, 0) \
    X(SERVICE, InaccessibleDirectories, REFUSED, NOTE_FILES) \
    X(SERVICE, InaccessiblePaths, REFUSED, NOTE_FILES) \
    X(PORTHOLE, InheritEnvironment, INHERIT_ENV, 0) \
    X(UNIT, JobRunningTimeoutSec, REFUSED, NOTE_JOB | UNLESS_INFINITY) \
    X(UNIT, JobTimeoutAction, REFUSED, NOTE_JOB | UNLESS_NONE) \
    X(UNIT, JobTimeoutRebootArgument, REFUSED, NOTE_JOB) \
    X(UNIT, JobTimeoutSec, REFUSED, NOTE_JOB | UNLESS_INFINITY) \
    X(UNIT, JoinsNamespaceOf, OTHER_DEPS, NOTE_DEPENDENCY) \
    X(SERVICE, KeyringMode, REFUSED, NOTE_CONFINE | UNLESS_INHERIT) \
    X(SERVICE, KillMode, KILL_MODE, 0) \
    X(SERVICE, KillSignal, KILL_SIGNAL, 0) \
    X(SERVICE, LimitAS, RLIMIT, RLIMIT_AS) \
    X(SERVICE, LimitCORE, RLIMIT, RLIMIT_CORE) \
    X(SERVICE, LimitCPU, RLIMIT, RLIMIT_CPU) \
    X(SERVICE, LimitDATA, RLIMIT, RLIMIT_DATA) \
    X(SERVICE, LimitFSIZE, RLIMIT, RLIMIT_FSIZE) \
    X(SERVICE, LimitLOCKS, RLIMIT, RLIMIT_LOCKS) \
    X(SERVICE, LimitMEMLOCK, RLIMIT, RLIMIT_MEMLOCK) \
    X(SERVICE, LimitMSGQUEUE, RLIMIT, RLIMIT_MSGQUEUE) \
    X(SERVICE, LimitNICE, RLIMIT, RLIMIT_NICE) \
    X(SERVICE, LimitNOFILE, RLIMIT, RLIMIT_NOFILE) \
    X(SERVICE, LimitNPROC, RLIMIT, RLIMIT_NPROC) \
    X(SERVICE, LimitRSS, RLIMIT, RLIMIT_RSS) \
    X(SERVICE, LimitRTPRIO, RLIMIT, RLIMIT_RTPRIO) \
    X(SERVICE, LimitRTTIME, RLIMIT, RLIMIT_RTTIME) \
    X(SERVICE, LimitSIGPENDING, RLIMIT, RLIMIT_SIGPENDING) \
    X(SERVICE, LimitSTACK, RLIMIT, RLIMIT_STACK) \
    X(SERVICE, LoadCredential, REFUSED, NOTE_CREDENTIAL) \
    X(SERVICE, LoadCredentialEncrypted, REFUSED, NOTE_CREDENTIAL) \
    X(SERVICE, LockPersonality, REFUSED, NOTE_CONFINE | UNLESS_NO) \
    X(SERVICE, LogExtraFields, REFUSED, NOTE_LOGGING) \
    X(SERVICE, LogLevelMax, REFUSED, NOTE_LOGGING) \
    X(SERVICE, LogNamespace, REFUSED, NOTE_LOGGING) \
    X(PORTHOLE, LogPrefix, FLAG, SERVICE_PREFIX) \
    X(SERVICE, LogRateLimitBurst, REFUSED, NOTE_LOGGING | UNLESS_ZERO) \
    X(SERVICE, LogRateLimitIntervalSec, REFUSED, NOTE_LOGGING | UNLESS_ZERO) \
    X(SERVICE, LogsDirectory, REFUSED, NOTE_DIRECTORY) \
    X(SERVICE, LogsDirectoryMode, REFUSED, NOTE_DIRECTORY) \
    X(PORTHOLE, Main, FLAG, SERVICE_MAIN) \
    X(SERVICE, ManagedOOMMemoryPressure, REFUSED, NOTE_RESOURCE | UNLESS_AUTO) \
    X(SERVICE, ManagedOOMMemoryPressureLimit, REFUSED, NOTE_RESOURCE) \
    X(SERVICE, ManagedOOMPreference, REFUSED, NOTE_RESOURCE) \
    X(SERVICE, ManagedOOMSwap, REFUSED, NOTE_RESOURCE | UNLESS_AUTO) \
    X(SERVICE, MemoryAccounting, REFUSED, NOTE_ACCOUNTING | UNLESS_NO) \
    X(SERVICE, MemoryDenyWriteExecute, REFUSED, NOTE_CONFINE | UNLESS_NO) \
    X(SERVICE, MemoryHigh, REFUSED, NOTE_RESOURCE | UNLESS_INFINITY) \
    X(SERVICE, MemoryLimit, REFUSED, NOTE_RESOURCE | UNLESS_INFINITY) \
    X(SERVICE, MemoryLow, REFUSED, NOTE_RESOURCE | UNLESS_ZERO) \
    X(SERVICE, MemoryMax, REFUSED, NOTE_RESOURCE | UNLESS_INFINITY) \
    X(SERVICE, MemoryMin, REFUSED, NOTE_RESOURCE | UNLESS_ZERO) \
    X(SERVICE, MemorySwapMax, REFUSED, NOTE_RESOURCE | UNLESS_INFINITY) \
    X(SERVICE, MountAPIVFS, REFUSED, NOTE_FILES | UNLESS_NO) \
    X(SERVICE, MountFlags, REFUSED, NOTE_FILES) \
    X(SERVICE, MountImages, REFUSED, NOTE_FILES) \
    X(SERVICE, NUMAMask, REFUSED, NOTE_SCHEDULING) \
    X(SERVICE, NUMAPolicy, REFUSED, NOTE_SCHEDULING) \
    X(SERVICE, NetworkNamespacePath, REFUSED, NOTE_NETWORK) \
    X(SERVICE, Nice, REFUSED, NOTE_SCHEDULING | UNLESS_ZERO) \
    X(SERVICE, NoExecPaths, REFUSED, NOTE_FILES) \
    X(SERVICE, NoNewPrivileges, NO_NEW_PRIVS, 0) \
    X(SERVICE, NonBlocking, REFUSED, NOTE_SOCKET | UNLESS_NO) \
    X(SERVICE, NotifyAccess, REFUSED, NOTE_NOTIFY | UNLESS_NONE) \
    X(SERVICE, OOMPolicy, REFUSED, NOTE_ACTION | UNLESS_CONTINUE) \
    X(SERVICE, OOMScoreAdjust, REFUSED, NOTE_SCHEDULING | UNLESS_ZERO) \
    X(UNIT, OnFailure, REFUSED, NOTE_ACTION) \
    X(UNIT, OnFailureIsolate, REFUSED, NOTE_JOB | UNLESS_NO) \
    X(UNIT, OnFailureJobMode, REFUSED, NOTE_JOB) \
    X(UNIT, OnSuccess, REFUSED, NOTE_ACTION) \
    X(UNIT, OnSuccessJobMode, REFUSED, NOTE_JOB) \
    X(SERVICE, PAMName, REFUSED, NOTE_LOGIN) \
    X(SERVICE, PIDFile, REFUSED, NOTE_FORKING) \
    X(UNIT, PartOf, OTHER_DEPS, NOTE_DEPENDENCY) \
    X(SERVICE, PassEnvironment, PASS_ENV, 0) \
    X(SERVICE, PermissionsStartOnly, REFUSED, NOTE_PRIVILEGE | UNLESS_NO) \
    X(SERVICE, Personality, REFUSED, NOTE_SCHEDULING) \
    X(SERVICE, PrivateDevices, REFUSED, NOTE_FILES | UNLESS_NO) \
    X(SERVICE, PrivateIPC, REFUSED, NOTE_CONFINE | UNLESS_NO) \
    X(SERVICE, PrivateMounts, REFUSED, NOTE_FILES | UNLESS_NO) \
    X(SERVICE, PrivateNetwork, REFUSED, NOTE_NETWORK | UNLESS_NO) \
    X(SERVICE, PrivateTmp, REFUSED, NOTE_FILES | UNLESS_NO) \
    X(SERVICE, PrivateUsers, REFUSED, NOTE_CONFINE | UNLESS_NO) \
    X(SERVICE, ProcSubset, REFUSED, NOTE_CONFINE | UNLESS_ALL) \
    X(UNIT, PropagateReloadFrom, OTHER_DEPS, NOTE_DEPENDENCY) \
    X(UNIT, PropagateReloadTo, OTHER_DEPS, NOTE_DEPENDENCY) \
    X(UNIT, PropagatesReloadTo, OTHER_DEPS, NOTE_DEPENDENCY) \
    X(UNIT, PropagatesStopTo, OTHER_DEPS, NOTE_DEPENDENCY) \
    X(SERVICE, ProtectClock, REFUSED, NOTE_CONFINE | UNLESS_NO) \
    X(SERVICE, ProtectControlGroups, REFUSED, NOTE_CONFINE | UNLESS_NO) \
    X(SERVICE, ProtectHome, REFUSED, NOTE_FILES | UNLESS_NO) \
    X(SERVICE, ProtectHostname, REFUSED, NOTE_CONFINE | UNLESS_NO) \
    X(SERVICE, ProtectKernelLogs, REFUSED, NOTE_CONFINE | UNLESS_NO) \
    X(SERVICE, ProtectKernelModules, REFUSED, NOTE_CONFINE | UNLESS_NO) \
    X(SERVICE, ProtectKernelTunables, REFUSED, NOTE_CONFINE | UNLESS_NO) \
    X(SERVICE, ProtectProc, REFUSED, NOTE_CONFINE | UNLESS_DEFAULT) \
    X(SERVICE, ProtectSystem, REFUSED, NOTE_FILES | UNLESS_NO) \
    X(SERVICE, ReadOnlyDirectories, REFUSED, NOTE_FILES) \
    X(SERVICE, ReadOnlyPaths, REFUSED, NOTE_FILES) \
    X(SERVICE, ReadWriteDirectories, REFUSED, NOTE_FILES) \
    X(SERVICE, ReadWritePaths, REFUSED, NOTE_FILES) \
    X(EITHER, RebootArgument, REFUSED, NOTE_ACTION) \
    X(UNIT, RefuseManualStart, REFUSED, NOTE_MANUAL | UNLESS_NO) \
    X(UNIT, RefuseManualStop, REFUSED, NOTE_MANUAL | UNLESS_NO) \
    X(UNIT, ReloadPropagatedFrom, OTHER_DEPS, NOTE_DEPENDENCY) \
    X(SERVICE, RemainAfterExit, FLAG, SERVICE_REMAIN) \
    X(SERVICE, RemoveIPC, REFUSED, NOTE_CONFINE | UNLESS_NO) \
    X(INSTALL, RequiredBy, INSTALL, DEP_REQUIRES) \
    X(UNIT, Requires, DEPS, DEP_REQUIRES) \
    X(UNIT, RequiresMountsFor, REFUSED, NOTE_DEPENDENCY) \
    X(UNIT, RequiresOverridable, OTHER_DEPS, NOTE_DEPENDENCY) \
    X(UNIT, Requisite, OTHER_DEPS, NOTE_DEPENDENCY) \
    X(UNIT, RequisiteOverridable, OTHER_DEPS, NOTE_DEPENDENCY) \
    X(SERVICE, Restart, RESTART, 0) \
    X(SERVICE, RestartForceExitStatus, REFUSED, NOTE_EXIT_STATUS) \
    X(SERVICE, RestartKillSignal, REFUSED, NOTE_SIGNAL) \
    X(SERVICE, RestartPreventExitStatus, REFUSED, NOTE_EXIT_STATUS) \
    X(SERVICE, RestartSec, RESTART_SEC, 0) \
    X(SERVICE, RestrictAddressFamilies, REFUSED, NOTE_NETWORK) \
    X(SERVICE, RestrictFileSystems, REFUSED, NOTE_CONFINE) \
    X(SERVICE, RestrictNamespaces, REFUSED, NOTE_CONFINE | UNLESS_NO) \
    X(SERVICE, RestrictNetworkInterfaces, REFUSED, NOTE_NETWORK) \
    X(SERVICE, RestrictRealtime, REFUSED, NOTE_CONFINE | UNLESS_NO) \
    X(SERVICE, RestrictSUIDSGID, REFUSED, NOTE_CONFINE | UNLESS_NO) \
    X(SERVICE, RootDirectory, REFUSED, NOTE_FILES) \
    X(SERVICE, RootDirectoryStartOnly, REFUSED, NOTE_PRIVILEGE | UNLESS_NO) \
    X(SERVICE, RootHash, REFUSED, NOTE_FILES) \
    X(SERVICE, RootHashSignature, REFUSED, NOTE_FILES) \
    X(SERVICE, RootImage, REFUSED, NOTE_FILES) \
    X(SERVICE, RootImageOptions, REFUSED, NOTE_FILES) \
    X(SERVICE, RootVerity, REFUSED, NOTE_FILES) \
    X(SERVICE, RuntimeDirectory, REFUSED, NOTE_DIRECTORY) \
    X(SERVICE, RuntimeDirectoryMode, REFUSED, NOTE_DIRECTORY) \
    X(SERVICE, RuntimeDirectoryPreserve, REFUSED, NOTE_DIRECTORY | UNLESS_NO) \
    X(SERVICE, RuntimeMaxSec, REFUSED, NOTE_TIMEOUT | UNLESS_INFINITY) \
    X(SERVICE, RuntimeRandomizedExtraSec, REFUSED, NOTE_TIMEOUT | UNLESS_ZERO) \
    X(SERVICE, SELinuxContext, REFUSED, NOTE_CONFINE) \
    X(SERVICE, SecureBits, REFUSED, NOTE_CONFINE) \
    X(SERVICE, SendSIGHUP, REFUSED, NOTE_SIGNAL | UNLESS_NO) \
    X(SERVICE, SendSIGKILL, FLAG, SERVICE_SEND_SIGKILL) \
    X(SERVICE, SetCredential, REFUSED, NOTE_CREDENTIAL) \
    X(SERVICE, SetCredentialEncrypted, REFUSED, NOTE_CREDENTIAL) \
    X(SERVICE, Slice, IGNORED, NOTE_SLICE) \
    X(SERVICE, SmackProcessLabel, REFUSED, NOTE_CONFINE) \
    X(SERVICE, SocketBindAllow, REFUSED, NOTE_NETWORK) \
    X(SERVICE, SocketBindDeny, REFUSED, NOTE_NETWORK) \
    X(SERVICE, Sockets, REFUSED, NOTE_SOCKET) \
    X(UNIT, SourcePath, IGNORED, NOTE_DOCUMENTATION) \
    X(SERVICE, StandardError, STREAM, 2) \
    X(SERVICE, StandardInput, STREAM, 0) \
    X(SERVICE, StandardInputData, REFUSED, NOTE_LOGGING) \
    X(SERVICE, StandardInputText, REFUSED, NOTE_LOGGING) \
    X(SERVICE, StandardOutput, STREAM, 1) \
    X(EITHER, StartLimitAction, REFUSED, NOTE_ACTION | UNLESS_NONE) \
    X(EITHER, StartLimitBurst, LIMIT_BURST, 0) \
    X(EITHER, StartLimitInterval, LIMIT_INTERVAL, 0) \
    X(UNIT, StartLimitIntervalSec, LIMIT_INTERVAL, 0) \
    X(SERVICE, StartupAllowedCPUs, REFUSED, NOTE_RESOURCE) \
    X(SERVICE, StartupAllowedMemoryNodes, REFUSED, NOTE_RESOURCE) \
    X(SERVICE, StartupBlockIOWeight, REFUSED, NOTE_RESOURCE) \
    X(SERVICE, StartupCPUShares, REFUSED, NOTE_RESOURCE) \
    X(SERVICE, StartupCPUWeight, REFUSED, NOTE_RESOURCE) \
    X(SERVICE, StartupIOWeight, REFUSED, NOTE_RESOURCE) \
    X(SERVICE, StateDirectory, REFUSED, NOTE_DIRECTORY) \
    X(SERVICE, StateDirectoryMode, REFUSED, NOTE_DIRECTORY) \
    X(UNIT, StopPropagatedFrom, OTHER_DEPS, NOTE_DEPENDENCY) \
    X(UNIT, StopWhenUnneeded, REFUSED, NOTE_MANUAL | UNLESS_NO) \
    X(UNIT, SuccessAction, REFUSED, NOTE_ACTION | UNLESS_NONE) \
    X(UNIT, SuccessActionExitStatus, REFUSED, NOTE_ACTION) \
    X(SERVICE, SuccessExitStatus, EXIT_STATUS, 0) \
    X(SERVICE, SupplementaryGroups, GROUPS, 0) \
    X(SERVICE, SyslogFacility, IGNORED, NOTE_LEVEL) \
    X(SERVICE, SyslogIdentifier, IGNORED, NOTE_IDENTIFIER) \
    X(SERVICE, SyslogLevel, IGNORED, NOTE_LEVEL) \
    X(SERVICE, SyslogLevelPrefix, IGNORED, NOTE_LEVEL) \
    X(SERVICE, SystemCallArchitectures, REFUSED, NOTE_CONFINE) \
    X(SERVICE, SystemCallErrorNumber, REFUSED, NOTE_CONFINE) \
    X(SERVICE, SystemCallFilter, REFUSED, NOTE_CONFINE) \
    X(SERVICE, SystemCallLog, REFUSED, NOTE_CONFINE) \
    X(SERVICE, TTYColumns, IGNORED, NOTE_TERMINAL) \
    X(SERVICE, TTYPath, IGNORED, NOTE_TERMINAL) \
    X(SERVICE, TTYReset, IGNORED, NOTE_TERMINAL) \
    X(SERVICE, TTYRows, IGNORED, NOTE_TERMINAL) \
    X(SERVICE, TTYVHangup, IGNORED, NOTE_TERMINAL) \
    X(SERVICE, TTYVTDisallocate, IGNORED, NOTE_TERMINAL) \
    X(SERVICE, TasksAccounting, REFUSED, NOTE_ACCOUNTING | UNLESS_NO) \
    X(SERVICE, TasksMax, REFUSED, NOTE_RESOURCE | UNLESS_INFINITY) \
    X(SERVICE, TemporaryFileSystem, REFUSED, NOTE_FILES) \
    X(SERVICE, TimeoutAbortSec, REFUSED, NOTE_TIMEOUT) \
    X(SERVICE, TimeoutCleanSec, REFUSED, NOTE_DIRECTORY) \
    X(SERVICE, TimeoutSec, TIMEOUT, 3) \
    X(SERVICE, TimeoutStartFailureMode, REFUSED, NOTE_TIMEOUT) \
    X(SERVICE, TimeoutStartSec, TIMEOUT, 1) \
    X(SERVICE, TimeoutStopFailureMode, REFUSED, NOTE_TIMEOUT) \
    X(SERVICE, TimeoutStopSec, TIMEOUT, 2) \
    X(SERVICE, TimerSlackNSec, REFUSED, NOTE_SCHEDULING) \
    X(SERVICE, Type, TYPE, 0) \
    X(SERVICE, UMask, UMASK, 0) \
    X(SERVICE, USBFunctionDescriptors, REFUSED, NOTE_SOCKET) \
    X(SERVICE, USBFunctionStrings, REFUSED, NOTE_SOCKET) \
    X(SERVICE, UnsetEnvironment, REFUSED, NOTE_ENVIRONMENT) \
    X(UNIT, Upholds, OTHER_DEPS, NOTE_DEPENDENCY) \
    X(SERVICE, User, USER, 0) \
    X(SERVICE, UtmpIdentifier, IGNORED, NOTE_UTMP) \
    X(SERVICE, UtmpMode, IGNORED, NOTE_UTMP) \
    X(INSTALL, WantedBy, INSTALL, DEP_WANTS) \
    X(UNIT, Wants, DEPS, DEP_WANTS) \
    X(SERVICE, WatchdogSec, REFUSED, NOTE_WATCHDOG | UNLESS_ZERO) \
    X(SERVICE, WatchdogSignal, REFUSED, NOTE_WATCHDOG) \
    X(SERVICE, WorkingDirectory, WORKDIR, 0)

/* All names in one piece, found by where they begin: a table of pointers would be a page to relocate. */
static const struct {
#define X(section, key, set, arg) char key[sizeof(#key)];
    DIRECTIVES(X)
#undef X
} names = {
#define X(section, key, set, arg) #key,
    DIRECTIVES(X)
#undef X
};

static const uint16_t places[] = {
#define X(section, key, set, arg) offsetof(__typeof__(names), key),
    DIRECTIVES(X)
#undef X
};

static const struct directive directives[] = {
#define X(section, key, set, arg) {IN_##section, SET_##set, (arg)},
    DIRECTIVES(X)
#undef X
};

#define COUNT (sizeof(places) / sizeof(places[0]))

const char *directive_name(unsigned n)
{
    return n < COUNT ? (const char *)&names + places[n] : NULL;
}

/* As strcmp(3). */
static int compare(struct slice key, const char *name)
{
    size_t len = strlen(name);
    int r = memcmp(key.data, name, key.len < len ? key.len : len);

    return r != 0 ? r : (key.len > len) - (key.len < len);
}

const struct directive *directive_find(struct slice key)
{
    size_t low = 0;
    size_t high = COUNT;

    while (low < high && key.len > 0) {
        size_t middle = low + (high - low) / 2;
        int r = compare(key, directive_name((unsigned)middle));

        if (r == 0) {
            return &directives[middle];
        }
        if (r < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return NULL;
}

const char *directive_idle_word(unsigned arg)
{
    static const char *const words[] = {
#define X(name, text) [UNLESS_##name >> DIRECTIVE_IDLE_SHIFT] = (text),
        DIRECTIVE_IDLE_WORDS(X)
#undef X
    };

    arg >>= DIRECTIVE_IDLE_SHIFT;
    return arg < sizeof(words) / sizeof(words[0]) ? words[arg] : NULL;
}

const char *directive_note(unsigned arg)
{
    static const char *const texts[] = {
#define X(name, text) [NOTE_##name] = (text),
        DIRECTIVE_NOTES(X)
#undef X
    };

    arg &= DIRECTIVE_NOTE_MASK;
    return arg < DIRECTIVE_NOTE_COUNT ? texts[arg] : "";
}
