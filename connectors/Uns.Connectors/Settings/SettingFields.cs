using System.Globalization;
using System.Reflection;

namespace Uns.Connectors;

/// <summary>Makes the list of settings from an options class, which stays the only place where they are written down.</summary>
public static class SettingFields
{
    /// <summary>One field for each settable property, in the order in which the class names them.</summary>
    /// <typeparam name="TOptions">A record whose properties are text, whole or broken numbers, truths, enums or <see cref="TimeSpan"/>.</typeparam>
    public static IReadOnlyList<SettingField> Of<TOptions>()
        where TOptions : new()
    {
        var defaults = new TOptions();
        return [.. PropertiesOf(typeof(TOptions)).Select(p => Field(p, p.GetValue(defaults)))];
    }

    /// <summary>The properties that are settings.</summary>
    internal static IEnumerable<PropertyInfo> PropertiesOf(Type options) =>
        options.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanWrite).OrderBy(p => p.MetadataToken);

    private static SettingField Field(PropertyInfo property, object? value)
    {
        var words = property.GetCustomAttribute<SettingAttribute>();
        var type = property.PropertyType;
        var kind = words?.IsSecret == true ? "secret"
            : type == typeof(bool) ? "bool"
            : type.IsEnum ? "choice"
            : type == typeof(TimeSpan) ? "duration"
            : type == typeof(string) ? "text" : "number";
        var text = value switch
        {
            null => "",
            bool truth => truth ? "true" : "false",
            TimeSpan time => time.ToString("c", CultureInfo.InvariantCulture),
            _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
        };
        return new SettingField(property.Name, words?.Label ?? property.Name, kind, text, words?.Help ?? "", type.IsEnum ? Enum.GetNames(type) : []);
    }
}
