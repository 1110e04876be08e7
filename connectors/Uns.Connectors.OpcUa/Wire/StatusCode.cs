namespace Uns.Connectors.OpcUa.Wire;

/// <summary>Status codes in words.</summary>
/// <remarks>OPC 10000-4, 7.39. Bits 31 and 30 are the severity; the low 16 bits are flags.</remarks>
internal static class StatusCode
{
    public const uint BadTooManyPublishRequests = 0x80780000;

    private static readonly Dictionary<uint, string> Names = new()
    {
        [0x80010000] = "BadUnexpectedError",
        [0x80020000] = "BadInternalError",
        [0x80030000] = "BadOutOfMemory",
        [0x80040000] = "BadResourceUnavailable",
        [0x80050000] = "BadCommunicationError",
        [0x80060000] = "BadEncodingError",
        [0x80070000] = "BadDecodingError",
        [0x80080000] = "BadEncodingLimitsExceeded",
        [0x800A0000] = "BadTimeout",
        [0x800B0000] = "BadServiceUnsupported",
        [0x800C0000] = "BadShutdown",
        [0x800D0000] = "BadServerNotConnected",
        [0x800E0000] = "BadServerHalted",
        [0x800F0000] = "BadNothingToDo",
        [0x80100000] = "BadTooManyOperations",
        [0x80130000] = "BadSecurityChecksFailed",
        [0x801F0000] = "BadUserAccessDenied",
        [0x80200000] = "BadIdentityTokenInvalid",
        [0x80210000] = "BadIdentityTokenRejected",
        [0x80220000] = "BadSecureChannelIdInvalid",
        [0x80250000] = "BadSessionIdInvalid",
        [0x80260000] = "BadSessionClosed",
        [0x80280000] = "BadSubscriptionIdInvalid",
        [0x80310000] = "BadNoCommunication",
        [0x80320000] = "BadWaitingForInitialData",
        [0x80330000] = "BadNodeIdInvalid",
        [0x80340000] = "BadNodeIdUnknown",
        [0x80350000] = "BadAttributeIdInvalid",
        [0x80360000] = "BadIndexRangeInvalid",
        [0x80390000] = "BadDataEncodingUnsupported",
        [0x803A0000] = "BadNotReadable",
        [0x803B0000] = "BadNotWritable",
        [0x803C0000] = "BadOutOfRange",
        [0x803D0000] = "BadNotSupported",
        [0x803E0000] = "BadNotFound",
        [0x80410000] = "BadMonitoringModeInvalid",
        [0x80540000] = "BadSecurityModeRejected",
        [0x80550000] = "BadSecurityPolicyRejected",
        [0x80560000] = "BadTooManySessions",
        [0x80730000] = "BadWriteNotSupported",
        [0x80740000] = "BadTypeMismatch",
        [0x80780000] = "BadTooManyPublishRequests",
        [0x80790000] = "BadNoSubscription",
        [0x807B0000] = "BadMessageNotAvailable",
        [0x807D0000] = "BadTcpServerTooBusy",
        [0x807E0000] = "BadTcpMessageTypeInvalid",
        [0x80800000] = "BadTcpMessageTooLarge",
        [0x80830000] = "BadTcpEndpointUrlInvalid",
        [0x80870000] = "BadSecureChannelTokenUnknown",
        [0x80890000] = "BadConfigurationError",
        [0x808A0000] = "BadNotConnected",
        [0x808B0000] = "BadDeviceFailure",
        [0x808C0000] = "BadSensorFailure",
        [0x808D0000] = "BadOutOfService",
        [0x80AC0000] = "BadConnectionRejected",
        [0x80AE0000] = "BadConnectionClosed",
        [0x408F0000] = "UncertainNoCommunicationLastUsableValue",
        [0x40900000] = "UncertainLastUsableValue",
        [0x40910000] = "UncertainSubstituteValue",
        [0x40920000] = "UncertainInitialValue",
        [0x40930000] = "UncertainSensorNotAccurate",
        [0x40940000] = "UncertainEngineeringUnitsExceeded",
        [0x40950000] = "UncertainSubNormal",
    };

    public static bool IsGood(uint code) => code >> 30 == 0;

    public static bool IsUncertain(uint code) => code >> 30 == 1;

    /// <summary>The standard's name with the number, or the number alone.</summary>
    public static string Name(uint code) => Names.TryGetValue(code & 0xFFFF0000, out var name) ? $"{name} (0x{code:X8})"
        : IsGood(code) ? $"Good (0x{code:X8})" : IsUncertain(code) ? $"Uncertain (0x{code:X8})" : $"Bad (0x{code:X8})";
}
