using System.Collections.Frozen;

namespace Uns.Hub.Access;

/// <summary>Words that are tried first, in lower case: alone, with digits around them or repeated they make no password.</summary>
internal static class CommonPasswords
{
    private const string Words = """
        password passwort motdepasse contrasena senha parola haslo wachtwoord passord losenord salasana jelszo heslo mima
        passw passwd passcode passphrase pass pwd secret topsecret geheim private security secure
        admin administrator administrador administrateur administration root superuser supervisor sysadmin system master manager operator operador engineer
        engineering maintenance service technician viewer user username guest demo test tester testing testtest default changeme changeit change setup install
        login logon signin welcome willkommen bienvenue bienvenido hello helloworld letmein letmeinnow openup opensesame sesame access enter entry unlock
        qwerty qwertz azerty asdf asdfgh asdfghjkl zxcvbn zxcvbnm qwertyuiop qwertzuiop qazwsx qazwsxedc onetwothree onetwothreefour abc abcd abcdef abcabc abcdefg
        iloveyou iloveu loveyou lovely love sunshine princess monkey dragon shadow football baseball basketball soccer hockey superman batman spiderman starwars
        pokemon computer internet server network database windows microsoft linux ubuntu debian apple google facebook samsung android chocolate cheese pepper
        flower summer winter spring autumn sommer herbst monday friday january february march april june july august september october november december
        michael jennifer jessica ashley daniel thomas andrew charlie jordan robert matthew george hannah nicole michelle anthony joshua
        trustno trustnoone whatever nothing freedom forever killer hunter ranger buster tigger ginger cookie banana orange purple silver golden diamond
        mustang ferrari porsche mercedes corvette yamaha harley liverpool arsenal chelsea barcelona bayern
        plant factory industry industrial automation scada plc siemens simatic rockwell allenbradley schneider modbus opcua mqtt sparkplug unifiednamespace namespace
        uns hub unshub broker mosquitto hivemq ignition kepware machine production company office station control controlroom
        correcthorsebatterystaple correct horse battery staple passwordpassword adminadmin rootroot useruser mypassword yourpassword thepassword newpassword
        oldpassword nopassword mysecret mysecretpassword verysecret supersecret supersecretpassword strongpassword securepassword goodpassword longpassword
        temporary temppassword temp tmp initial initialpassword firstpassword starter starten
        """;

    /// <summary>All of them.</summary>
    public static FrozenSet<string> All { get; } = Words.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).ToFrozenSet(StringComparer.Ordinal);
}
