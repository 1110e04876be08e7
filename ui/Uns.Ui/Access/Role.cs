namespace Uns.Ui.Access;

/// <summary>What somebody may do. Each role may do all that the ones before it may.</summary>
public enum Role
{
    /// <summary>Looks at everything that is no secret, and changes nothing.</summary>
    Viewer,

    /// <summary>Writes set-points, acknowledges and shelves alarms.</summary>
    Operator,

    /// <summary>Devices, tags, mapping, alarm rules, drafts, imports, certificates, MQTT clients.</summary>
    Engineer,

    /// <summary>People and their tokens, all settings in one file.</summary>
    Administrator,
}

/// <summary>The least role for a page; a page without one is for viewers.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class NeedsAttribute(Role role) : Attribute
{
    /// <summary>The least role.</summary>
    public Role Role { get; } = role;

    /// <summary>The least role for a page; null for one that is shown to whoever comes, such as the one to sign in.</summary>
    public static Role? Of(Type page) =>
        page.IsDefined(typeof(Microsoft.AspNetCore.Authorization.AllowAnonymousAttribute), inherit: true) ? null
        : page.GetCustomAttributes(typeof(NeedsAttribute), inherit: true) is [NeedsAttribute needs, ..] ? needs.Role : Role.Viewer;
}

/// <summary>Somebody asked for what he may not do; nothing was done. The message says what it takes.</summary>
public sealed class NotAllowedException(string message) : Exception(message);
